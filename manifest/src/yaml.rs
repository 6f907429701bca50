//! YAML of settings files: plain data, within a budget.
//!
//! Anchors that are used, tags and several documents have no place in a settings file and are refused, so that a
//! text cannot grow while it is read.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// The most nodes that a document may have.
const MOST_NODES: usize = 200_000;
/// How deep lists and mappings may be nested.
const DEEPEST: usize = 64;
/// Keys down to this depth are remembered with their lines.
const LINES_DEPTH: usize = 2;

/// What a text of YAML, or of JSON, says.
#[derive(Debug, Clone, PartialEq)]
pub struct YamlDocument {
    /// The data; `null` for an empty text.
    pub value: Value,
    /// The line, from 1, of each key of the top level and of the one below it.
    pub lines: BTreeMap<Vec<String>, usize>,
}

/// Why a text cannot be read as YAML.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct YamlError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Reads a document.
///
/// # Errors
/// [`YamlError`] for a text that is no YAML, for a key that is there twice, and for what a settings file may not use.
pub fn parse_yaml(text: &str) -> Result<YamlDocument, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        nodes: 0,
        lines: BTreeMap::new(),
    };
    let value = reader.document()?;
    Ok(YamlDocument {
        value,
        lines: reader.lines,
    })
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    nodes: usize,
    lines: BTreeMap<Vec<String>, usize>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), YamlError> {
        self.nodes += 1;
        match self.parser.next_event() {
            Some(Ok((event, span))) if self.nodes <= MOST_NODES => Ok((event, span)),
            Some(Ok((_, span))) => Err(refused(&span, "it has too many entries")),
            Some(Err(error)) => Err(YamlError {
                line: error.marker().line(),
                reason: error.info().to_owned(),
            }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Value, YamlError> {
        let mut value = Value::Null;
        let mut has_document = false;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(value),
                Event::DocumentStart(_) if has_document => {
                    return Err(refused(&span, "it has more than one document"));
                }
                Event::DocumentStart(_) => has_document = true,
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                node => value = self.node(node, &span, &mut Vec::new())?,
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        span: &Span,
        path: &mut Vec<String>,
    ) -> Result<Value, YamlError> {
        if path.len() > DEEPEST {
            return Err(refused(span, "it is nested too deeply"));
        }
        match event {
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                Err(refused(span, "tags (`!…`) are not understood here"))
            }
            Event::Alias(_) => Err(refused(span, "aliases (`*…`) are not understood here")),
            Event::Scalar(text, style, _, None) => Ok(scalar(&text, style)),
            Event::SequenceStart(..) => self.list(path),
            Event::MappingStart(..) => self.mapping(path),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => Err(refused(span, "a value is missing")),
        }
    }

    fn list(&mut self, path: &mut Vec<String>) -> Result<Value, YamlError> {
        let mut items = Vec::new();
        path.push(String::new());
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                path.pop();
                return Ok(Value::Array(items));
            }
            items.push(self.node(event, &span, path)?);
        }
    }

    fn mapping(&mut self, path: &mut Vec<String>) -> Result<Value, YamlError> {
        let mut entries = Map::new();
        loop {
            let (event, span) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(Value::Object(entries)),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(refused(&span, "a key is not a plain text")),
            };
            path.push(key.clone());
            if path.len() <= LINES_DEPTH {
                self.lines.insert(path.clone(), span.start.line());
            }
            let (event, value_span) = self.next()?;
            let value = self.node(event, &value_span, path)?;
            path.pop();
            if entries.insert(key, value).is_some() {
                return Err(refused(&span, "a key is there twice"));
            }
        }
    }
}

fn refused(span: &Span, reason: &str) -> YamlError {
    YamlError {
        line: span.start.line(),
        reason: reason.to_owned(),
    }
}

/// A text without quotes may be a word or a number; by the core schema of YAML 1.2.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    // What would print otherwise than it is written (`007`, `1.10`, `+5`) is a text as it stands.
    let number = text.parse::<i64>().ok().map(Number::from);
    match number.filter(|number| number.to_string() == text) {
        Some(number) => Value::Number(number),
        None => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_read_with_their_lines() {
        let text = "# ours\npackages:\n  - 'apps/*'\n  - \"!x\"\nnodeLinker: hoisted\nminimumReleaseAge: 1440\n\
                    registries:\n  default: https://registry.example.test/\nhoist: false\nempty:\n";
        let document = parse_yaml(text).unwrap();
        assert_eq!(
            document.value,
            json!({
                "packages": ["apps/*", "!x"],
                "nodeLinker": "hoisted",
                "minimumReleaseAge": 1440,
                "registries": {"default": "https://registry.example.test/"},
                "hoist": false,
                "empty": null,
            })
        );
        let line = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
            document.lines.get(&path).copied()
        };
        assert_eq!(line(&["nodeLinker"]), Some(5));
        assert_eq!(line(&["registries", "default"]), Some(8));
    }

    #[test]
    fn json_is_read_too() {
        let document = parse_yaml("{\n\t\"pkg\": {\n\t\t\"layout\": \"flat\"\n\t}\n}\n").unwrap();
        assert_eq!(document.value, json!({"pkg": {"layout": "flat"}}));
        let path = ["pkg".to_owned(), "layout".to_owned()].to_vec();
        assert_eq!(document.lines.get(&path), Some(&3));
    }

    #[test]
    fn what_could_grow_or_is_unclear_is_refused() {
        for (text, reason) in [
            (
                "a: &x [1]\nb: *x\n",
                "line 2: aliases (`*…`) are not understood here",
            ),
            (
                "a: !!str 1\n",
                "line 1: tags (`!…`) are not understood here",
            ),
            ("a: 1\n---\nb: 2\n", "line 2: it has more than one document"),
            ("a: 1\na: 2\n", "line 2: a key is there twice"),
            ("? [a]\n: b\n", "line 1: a key is not a plain text"),
        ] {
            assert_eq!(parse_yaml(text).unwrap_err().to_string(), reason, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(parse_yaml(&deep).is_err());
        let many = "- a\n".repeat(MOST_NODES + 1);
        assert!(parse_yaml(&many).unwrap_err().reason.contains("too many"));
    }

    #[test]
    fn numbers_that_would_print_otherwise_are_texts() {
        let document = parse_yaml("a: 007\nb: 1.10\nc: -5\nd: '5'\ne: ~\n").unwrap();
        assert_eq!(
            document.value,
            json!({"a": "007", "b": "1.10", "c": -5, "d": "5", "e": null})
        );
        assert_eq!(parse_yaml("").unwrap().value, Value::Null);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[-a-c:#&*!|>'\"\\[\\]{},?~\t\n 0-9%@`]{0,80}") {
            drop(parse_yaml(&text));
        }
    }
}
