//! A reader of strict JSON that goes straight to the graph: no tree of values in between, strings
//! borrowed where they have no escapes, and the place of everything that is wrong.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::error::{LockfileError, Position};

/// How deep a document may be nested.
const DEPTH: usize = 128;

/// Whether commas between entries must be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commas {
    /// As JSON has them.
    Strict,
    /// One more or one less at the end of a line is no error: what a merge by lines leaves.
    Lenient,
}

/// A place in a JSON text, going forward only.
pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
    commas: Commas,
    depth: usize,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str, commas: Commas) -> Self {
        Self {
            text,
            at: 0,
            commas,
            depth: 0,
        }
    }

    /// A reader that begins at a value of the outermost object.
    pub(crate) fn new_at(text: &'t str, at: usize, commas: Commas) -> Self {
        Self {
            at,
            depth: 1,
            ..Self::new(text, commas)
        }
    }

    /// How many bytes of the text are behind it.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn position(&self) -> Position {
        Position::of(self.text, self.at)
    }

    /// What was expected is not there.
    pub(crate) fn syntax(&self, reason: &'static str) -> LockfileError {
        let at = self.position();
        if self.at >= self.text.len() {
            LockfileError::Truncated { at }
        } else {
            LockfileError::Syntax { at, reason }
        }
    }

    /// A value that was just read cannot stand there.
    pub(crate) fn value(&self, reason: &impl ToString) -> LockfileError {
        LockfileError::Value {
            at: self.position(),
            reason: reason.to_string(),
        }
    }

    /// A key that was just read is there twice.
    pub(crate) fn duplicate(&self, key: &str) -> LockfileError {
        LockfileError::DuplicateKey {
            at: self.position(),
            key: key.chars().take(300).collect(),
        }
    }

    /// Takes `byte`, which must come next.
    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), LockfileError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.syntax(reason))
        }
    }

    /// Takes `byte` if it comes next.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Result<Cow<'t, str>, LockfileError> {
        self.expect(b'"', "expected a string")?;
        let start = self.at;
        let has_escapes = self.skip_string()?;
        let inner = &self.text[start..self.at - 1];
        if !has_escapes {
            return Ok(Cow::Borrowed(inner));
        }
        match serde_json::from_str(&self.text[start - 1..self.at]) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(_) => Err(self.syntax("a string has an unknown escape")),
        }
    }

    /// Goes behind the closing quote of a string; says whether it holds escapes.
    fn skip_string(&mut self) -> Result<bool, LockfileError> {
        let bytes = self.text.as_bytes();
        let mut has_escapes = false;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(has_escapes);
                }
                Some(b'\\') => {
                    has_escapes = true;
                    self.at = (self.at + 2).min(bytes.len());
                }
                Some(0..0x20) => return Err(self.syntax("a string holds a control character")),
                Some(_) => self.at += 1,
                None => return Err(self.syntax("a string does not end")),
            }
        }
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&mut self) -> Result<bool, LockfileError> {
        self.peek();
        let rest = &self.text[self.at..];
        for (word, value) in [("true", true), ("false", false)] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
            if word.starts_with(rest) {
                self.at = self.text.len();
            }
        }
        Err(self.syntax("expected `true` or `false`"))
    }

    /// Reads an object, giving `each` the reader behind the colon of every key.
    pub(crate) fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, Cow<'t, str>) -> Result<(), LockfileError>,
    ) -> Result<(), LockfileError> {
        self.expect(b'{', "expected an object")?;
        self.sequence(b'}', |reader| {
            let key = reader.string()?;
            reader.expect(b':', "expected a colon")?;
            each(reader, key)
        })
    }

    /// Reads an array.
    pub(crate) fn array(
        &mut self,
        each: impl FnMut(&mut Self) -> Result<(), LockfileError>,
    ) -> Result<(), LockfileError> {
        self.expect(b'[', "expected an array")?;
        self.sequence(b']', each)
    }

    /// Reads items with commas between them, up to and with `end`.
    fn sequence(
        &mut self,
        end: u8,
        mut each: impl FnMut(&mut Self) -> Result<(), LockfileError>,
    ) -> Result<(), LockfileError> {
        self.depth += 1;
        let mut is_open = self.takes(end);
        while !is_open {
            each(self)?;
            let has_comma = self.takes(b',');
            is_open = match (self.commas, has_comma) {
                (Commas::Strict, true) => false,
                (Commas::Strict, false) => {
                    self.expect(end, "expected a comma or the end of the list")?;
                    true
                }
                (Commas::Lenient, _) => self.takes(end),
            };
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads any value, and gives its text.
    pub(crate) fn raw(&mut self) -> Result<&'t str, LockfileError> {
        self.peek();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'{' | b'[') => {
                    depth += 1;
                    if depth + self.depth > DEPTH {
                        let at = self.position();
                        return Err(LockfileError::TooDeep { at });
                    }
                    self.at += 1;
                }
                Some(b'}' | b']') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => self.at += 1,
                Some(b'"') => {
                    self.at += 1;
                    self.skip_string()?;
                }
                Some(byte) if is_bare(byte) => self.skip_bare(),
                _ => return Err(self.syntax("expected a value")),
            }
            if depth == 0 {
                break;
            }
        }
        let text = &self.text[start..self.at];
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Ok(text),
            Err(_) => Err(self.syntax("a value is not JSON")),
        }
    }

    /// Goes behind a number or a word.
    fn skip_bare(&mut self) {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).copied().is_some_and(is_bare) {
            self.at += 1;
        }
    }

    /// Whether nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<(), LockfileError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.syntax("something stands behind the end")),
        }
    }
}

/// Whether a byte may stand in a number or a word.
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}
