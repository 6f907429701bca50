//! Random versions and ranges: all syntax there is, and what only looks like it.

use crate::random::Random;

const NUMBERS: &[&str] = &[
    "9007199254740990",
    "9007199254740991",
    "9007199254740992",
    "90071992547409910",
    "99999999999999999999",
    "999999999999999999999",
    "9999999999999999999999",
    "00",
    "01",
    "007",
    "\u{661}",
    "\u{ff11}",
    "1e3",
    "",
];
const IDENTIFIERS: &[&str] = &[
    "alpha",
    "beta",
    "rc",
    "0",
    "1",
    "10",
    "9",
    "-",
    "--",
    "a-b",
    "0a",
    "00a",
    "x",
    "X",
    "v",
    "A",
    "01",
    "00",
    "1e3",
    "0x1f",
    "a1",
    "1a",
    "-1",
    "9007199254740990",
    "9007199254740991",
    "9007199254740992",
    "90071992547409910",
    "90071992547409911",
];
const ODD_IDENTIFIERS: &[&str] = &["", "*", "a_b", "\u{e9}", "a b", "+", "00090071992547409911"];
const OPERATORS: &[&str] = &[
    "", "", "", "^", "^", "~", "~", ">", ">=", "<", "<=", "=", "~>", ">=", "<",
];
const ODD_OPERATORS: &[&str] = &[
    "=>", "==", "=<", "!", "!=", "^=", "~=", "~>=", "^~", "> =", "~ >", "<>", ">==", "^>", "^^",
    "~~", "= =", "^*", ">*", "-",
];
const SPACES: &[&str] = &[
    " ", " ", " ", "  ", "\t", "\n", "\r\n", "\u{a0}", "\u{feff}", "\u{2003}", "\u{3000}",
    "\u{1680}", "\u{2028}", "\u{b}", "\u{c}",
];
const NOT_SPACES: &[&str] = &[
    "\u{85}", "\u{200b}", "\u{180e}", "\u{0}", "\u{1f}", "\u{2060}",
];
const PREFIXES: &[&str] = &[
    "v", "=", "v", "vv", "=v", "v=", "==", "V", "v ", "= ", "= v ",
];
const MUTATIONS: &[char] = &[
    '0',
    '1',
    '2',
    '9',
    '.',
    '-',
    '+',
    'x',
    'X',
    '*',
    'v',
    '=',
    '<',
    '>',
    '~',
    '^',
    '|',
    ' ',
    '\t',
    'a',
    '_',
    ',',
    '/',
    '\u{feff}',
    '\u{661}',
    '\u{1f600}',
];

pub(crate) fn version(random: &mut Random) -> String {
    let mut text = String::new();
    if random.one_in(12) {
        text.push_str(random.pick(SPACES));
    }
    if random.one_in(8) {
        text.push_str(random.pick(PREFIXES));
    }
    text.push_str(&[number(random), number(random), number(random)].join("."));
    tail(random, &mut text);
    if random.one_in(12) {
        text.push_str(random.pick(SPACES));
    }
    if random.one_in(150) {
        pad_to_limit(random, &mut text);
    }
    mutate(random, &mut text, 15);
    text
}

pub(crate) fn range(random: &mut Random) -> String {
    let sets = match random.below(100) {
        0..=69 => 1,
        70..=97 => 2 + random.below(3),
        98 => 0,
        _ => 5 + random.below(60),
    };
    let mut text = String::new();
    for index in 0..sets {
        if index > 0 {
            text.push_str(random.pick(&["||", " || ", " || ", "||  ", "\t|| "]));
        }
        set(random, &mut text);
    }
    if random.one_in(60) {
        text.push_str(random.pick(&["||", "|", " | 1", "|||1", " ||", "&& 1", ", 1", "foo"]));
    }
    if random.one_in(20) {
        let spaces = if random.one_in(8) { NOT_SPACES } else { SPACES };
        text.insert_str(0, random.pick(spaces));
        text.push_str(random.pick(spaces));
    }
    mutate(random, &mut text, 12);
    text
}

fn set(random: &mut Random, text: &mut String) {
    match random.below(20) {
        0..=2 => {
            text.push_str(&partial(random));
            let hyphen = [" - ", " - ", " - ", "  -\t", " -", "- ", " - - "];
            text.push_str(random.pick(&hyphen));
            text.push_str(&partial(random));
            if random.one_in(20) {
                item(random, text);
            }
        }
        3 => {
            text.push_str(random.pick(&["", "*", "x", "latest", "+b", "foo *", "* foo", "v", "-"]));
        }
        _ => {
            let items = 1 + [0, 0, 0, 1, 1, 2, 3][random.below(7)];
            for index in 0..items {
                if index > 0 {
                    text.push_str(random.pick(SPACES));
                }
                item(random, text);
            }
        }
    }
}

fn item(random: &mut Random, text: &mut String) {
    if random.one_in(30) {
        let odd = [
            "+b", "+b.1", "+", "*", "x", ">", "^", "~", "~>", "v", "=", "foo", ">=0.0.0", "-", "<x",
        ];
        text.push_str(random.pick(&odd));
        return;
    }
    let operators = if random.one_in(15) {
        ODD_OPERATORS
    } else {
        OPERATORS
    };
    text.push_str(random.pick(operators));
    if random.one_in(8) {
        text.push_str(random.pick(SPACES));
    }
    text.push_str(&partial(random));
}

fn partial(random: &mut Random) -> String {
    let mut text = String::new();
    if random.one_in(12) {
        text.push_str(random.pick(PREFIXES));
    }
    let components = [1, 2, 2, 3, 3, 3, 3, 3, 3, 4][random.below(10)];
    let wild = if random.one_in(6) { random.below(3) } else { 3 };
    for index in 0..components.min(if random.one_in(10) { 4 } else { 3 }) {
        if index > 0 {
            text.push('.');
        }
        if index >= wild && !random.one_in(20) {
            text.push_str(random.pick(&["x", "X", "*"]));
        } else {
            text.push_str(&number(random));
        }
    }
    if components == 3 || random.one_in(15) {
        tail(random, &mut text);
    }
    text
}

fn tail(random: &mut Random, text: &mut String) {
    if random.one_in(3) {
        if !random.one_in(12) {
            text.push('-');
        }
        identifiers(random, text);
    }
    if random.one_in(10) {
        text.push('+');
        identifiers(random, text);
    }
}

fn identifiers(random: &mut Random, text: &mut String) {
    let count = 1 + [0, 0, 1, 1, 2, 3][random.below(6)];
    for index in 0..count {
        if index > 0 {
            text.push('.');
        }
        let identifiers = if random.one_in(60) {
            ODD_IDENTIFIERS
        } else {
            IDENTIFIERS
        };
        text.push_str(random.pick(identifiers));
        if random.one_in(400) {
            let letter = random.pick(&["a", "-", "0", "7"]);
            text.push_str(&letter.repeat(245 + random.below(14)));
        }
    }
}

fn number(random: &mut Random) -> String {
    match random.below(200) {
        0..=5 => random.pick(NUMBERS).to_owned(),
        6 if random.one_in(2) => {
            let short = [15, 16, 17, 20, 21, 22, 300][random.below(7)];
            let long = 243 + random.below(17);
            let length = if random.one_in(2) { short } else { long };
            random.pick(&["1", "0", "9"]).repeat(length)
        }
        7..=20 => random.below(1000).to_string(),
        21..=80 => random.pick(&["0", "0", "1"]).to_owned(),
        _ => random.below(4).to_string(),
    }
}

/// Makes the text about 256 characters long.
fn pad_to_limit(random: &mut Random, text: &mut String) {
    let wanted = 253 + random.below(6);
    let padding = random.pick(&["a", "1", "-", " ", "\u{2003}"]);
    let length = text.encode_utf16().count();
    if !text.contains('-') && padding != " " && padding != "\u{2003}" {
        text.push_str("-a");
    }
    text.push_str(&padding.repeat(wanted.saturating_sub(length)));
}

/// Changes a character here and there, once in `times` texts.
fn mutate(random: &mut Random, text: &mut String, times: usize) {
    if !random.one_in(times) {
        return;
    }
    for _ in 0..=random.below(3) {
        let mut characters: Vec<char> = text.chars().collect();
        let position = random.below(characters.len() + 1);
        let character = MUTATIONS[random.below(MUTATIONS.len())];
        match random.below(3) {
            0 if position < characters.len() => characters[position] = character,
            1 if position < characters.len() => {
                characters.remove(position);
            }
            _ => characters.insert(position, character),
        }
        *text = characters.into_iter().collect();
    }
}
