//! Documents for people to read and change.

use super::{Node, parse};
use crate::Error;

/// JSON for people to read and change: a line for each field and item, but short ones, and lists of numbers, on one line.
///
/// # Errors
/// `invalid_json`.
///
/// ```
/// assert_eq!(leadscore::indent_json(r#"{"id":"p","knots":[[1,2]]}"#)?, "{\n  \"id\": \"p\",\n  \"knots\": [[1,2]]\n}");
/// # Ok::<(), leadscore::Error>(())
/// ```
pub fn indent_json(text: &str) -> Result<String, Error> {
    parse(text).map(|document| document.to_indented_json())
}

impl Node {
    /// The document as [`indent_json`] writes it.
    pub(crate) fn to_indented_json(&self) -> String {
        let mut out = String::new();
        self.indent(0, &mut out);
        out
    }

    fn indent(&self, depth: usize, out: &mut String) {
        const WIDTH: usize = 100;
        let compact = self.to_json();
        let is_number = |node: &Node| !matches!(node, Node::List(_) | Node::Object(_) | Node::Text(_));
        let is_flat = matches!(self, Node::List(items) if items.iter().all(is_number));
        if depth > 0 && (is_flat || compact.len() + 2 * depth <= WIDTH) {
            out.push_str(&compact);
            return;
        }
        let break_line = |depth: usize, out: &mut String| {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        };
        match self {
            Node::List(items) if !items.is_empty() => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    break_line(depth + 1, out);
                    item.indent(depth + 1, out);
                }
                break_line(depth, out);
                out.push(']');
            }
            Node::Object(fields) if !fields.is_empty() => {
                out.push('{');
                for (at, (name, node)) in fields.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    break_line(depth + 1, out);
                    out.push_str(&Node::from(name).to_json());
                    out.push_str(": ");
                    node.indent(depth + 1, out);
                }
                break_line(depth, out);
                out.push('}');
            }
            _ => out.push_str(&compact),
        }
    }
}
