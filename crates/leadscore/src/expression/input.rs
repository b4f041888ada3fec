//! An expression as callers hand it in, before its names are resolved.

use crate::Error;
use crate::json::{self, Node};

/// A value, a condition or a text of the rule language, for [`ScorecardBuilder`](crate::scorecard::ScorecardBuilder).
///
/// A number is itself. A text is the name of a feature where a value or a condition is wanted, and a template where a
/// text is. Everything else is written as in a pipeline file; `docs/pipelines.md` lists the forms. Names are resolved
/// and kinds checked where the expression is used.
///
/// ```
/// use leadscore::Expression;
/// let bonus = Expression::from(2.5);
/// let flag = Expression::from("has_phone");
/// let many = Expression::from_json(r#"{"all": ["has_phone", {"of": "visits", "at_least": 3}]}"#)?;
/// # Ok::<(), leadscore::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(Node);

impl Expression {
    /// Reads the JSON of an expression.
    ///
    /// # Errors
    /// `invalid_json`.
    pub fn from_json(text: &str) -> Result<Expression, Error> {
        json::parse(text).map(Expression)
    }
}

impl From<f64> for Expression {
    fn from(number: f64) -> Expression {
        Expression(Node::Number(number))
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Expression {
        Expression(Node::from(text))
    }
}

impl From<String> for Expression {
    fn from(text: String) -> Expression {
        Expression(Node::Text(text))
    }
}

impl From<Expression> for Node {
    fn from(expression: Expression) -> Node {
        expression.0
    }
}
