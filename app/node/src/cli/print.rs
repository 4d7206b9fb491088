//! How answers are printed: YAML for people, JSON for programs, both of the same value.

use anyhow::Result;
use clap::ValueEnum;
use serde_json::Value;

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    #[default]
    Text,
    Json,
}

impl Output {
    pub fn print(self, value: &Value) -> Result<()> {
        match self {
            Output::Json => println!("{}", serde_json::to_string(value)?),
            Output::Text => print!("{}", text(value)),
        }
        Ok(())
    }
}

/// YAML in the plain form that needs no library: keys in order, strings quoted only where they must be.
fn text(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Value, indent: usize) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                out.push_str(&format!("{pad}{key}:"));
                below(out, value, indent + 2);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for value in list {
                let mut item = String::new();
                write(&mut item, value, indent + 2);
                // The first line of an item stands behind its dash.
                out.push_str(&format!("{pad}- {}", item.trim_start()));
            }
        }
        _ => out.push_str(&format!("{pad}{}\n", scalar(value))),
    }
}

fn below(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write(out, value, indent);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            write(out, value, indent - 2);
        }
        _ => out.push_str(&format!(" {}\n", scalar(value))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_/.+@=".contains(c));
            let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
            let word = matches!(text.as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
            if plain && first && !word { text.clone() } else { Value::String(text.clone()).to_string() }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_reads_back_as_the_same_value() {
        let value = json!({
            "bids": [{ "id": { "owner": "aliquot1x", "dseq": "12" }, "open": true }, { "id": null, "tags": ["a", "b: c"] }],
            "nested": [[1, 2], []], "empty": {}, "word": "no", "text": "a\nb", "n": 7,
        });
        let read: Value = serde_saphyr::from_str(&text(&value)).unwrap();
        assert_eq!(read, value);
        assert_eq!(text(&json!({ "a": { "b": ["x"] } })), "a:\n  b:\n  - x\n");
    }
}
