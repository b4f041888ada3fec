//! From JSON to expressions, every name resolved and every limit checked.

use std::cell::Cell;

use super::scope::{ColumnKind, KnownColumn, Scope};
use super::template::{Template, Text};
use super::{Bound, Case, Choice, Condition, LevelBranch, Limit, Member, Value, Written, normalise};
use crate::Error;
use crate::error::did_you_mean;
use crate::json::{Cursor, Node};

const MAX_DEPTH: usize = 16;
const MAX_NODES: usize = 10_000;

/// Reading of one file's expressions: the node count is the file's.
pub(crate) struct Reading {
    nodes: Cell<usize>,
}

impl Reading {
    pub(crate) fn new() -> Reading {
        Reading { nodes: Cell::new(0) }
    }

    fn enter(&self, cursor: &Cursor<'_>, depth: usize) -> Result<(), Error> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > MAX_NODES {
            return Err(cursor.error(format!("the file's rules have more than {MAX_NODES} nodes")));
        }
        if depth > MAX_DEPTH {
            return Err(cursor.error(format!("nested more than {MAX_DEPTH} deep")));
        }
        Ok(())
    }

    pub(crate) fn value(&self, cursor: &Cursor<'_>, scope: &Scope) -> Result<Value, Error> {
        self.value_at(cursor, scope, 1)
    }

    fn value_at(&self, cursor: &Cursor<'_>, scope: &Scope, depth: usize) -> Result<Value, Error> {
        self.enter(cursor, depth)?;
        let name = match cursor.node {
            Node::Integer(_) | Node::Number(_) => return cursor.number().map(Value::Number),
            Node::Text(name) => {
                let KnownColumn { column, kind } = scope.find(name, cursor)?;
                if matches!(*kind, ColumnKind::Category { .. }) {
                    return Err(cursor.error(format!(
                        "`{name}` is a category, not a number; use {{\"of\": \"{name}\", \"map\": …, \"else\": …}}"
                    )));
                }
                return Ok(Value::Column(column));
            }
            Node::Object(fields) => match fields.first() {
                Some((name, _)) => name.as_str(),
                None => return Err(cursor.error("an empty object is not a value")),
            },
            _ => return Err(cursor.error(format!("wants a value, found {}", cursor.node.kind()))),
        };
        let many = |field| -> Result<Vec<Value>, Error> {
            let list = cursor.object(&[field])?.required(field)?;
            let items = list.items()?;
            if items.is_empty() {
                return Err(list.error("wants at least one value"));
            }
            items.iter().map(|item| self.value_at(item, scope, depth + 1)).collect()
        };
        let one = |field| -> Result<Box<Value>, Error> {
            let inner = cursor.object(&[field])?.required(field)?;
            Ok(Box::new(self.value_at(&inner, scope, depth + 1)?))
        };
        match name {
            "sum" => Ok(Value::Sum(many("sum")?)),
            "product" => Ok(Value::Product(many("product")?)),
            "min" => Ok(Value::Min(many("min")?)),
            "max" => Ok(Value::Max(many("max")?)),
            "first" => Ok(Value::First(many("first")?)),
            "round" => Ok(Value::Round(one("round")?)),
            "floor" => Ok(Value::Floor(one("floor")?)),
            "ratio" => match <[Value; 2]>::try_from(many("ratio")?) {
                Ok([over, under]) => Ok(Value::Ratio(Box::new((over, under)))),
                Err(_) => Err(cursor.error("`ratio` wants two values")),
            },
            "half_life" => {
                let pair = cursor.object(&["half_life"])?.required("half_life")?;
                let items = pair.items()?;
                let [age, days] = items.as_slice() else {
                    return Err(pair.error("`half_life` wants [value, days]"));
                };
                let days = positive(days)?;
                Ok(Value::HalfLife(Box::new(self.value_at(age, scope, depth + 1)?), days))
            }
            "of" | "map" | "cases" | "else" => {
                let branch = |c: &Cursor<'_>| self.value_at(c, scope, depth + 1);
                Ok(Value::Choice(Box::new(self.choice(cursor, scope, depth, &branch)?)))
            }
            other => Err(cursor.error(format!(
                "unknown operation `{other}`; known here: sum, product, ratio, min, max, first, round, floor, half_life, of/map/else, cases/else"
            ))),
        }
    }

    fn choice<T>(
        &self,
        cursor: &Cursor<'_>,
        scope: &Scope,
        depth: usize,
        branch: &dyn Fn(&Cursor<'_>) -> Result<T, Error>,
    ) -> Result<Choice<T>, Error> {
        if cursor.entries()?.has("cases") {
            let fields = cursor.object(&["cases", "else"])?;
            let cases = fields.required("cases")?;
            let cases = cases
                .items()?
                .iter()
                .map(|case| {
                    let pair = case.items()?;
                    let [when, then] = pair.as_slice() else {
                        return Err(case.error("a case is a pair [condition, value]"));
                    };
                    Ok(Case { when: self.condition_at(when, scope, depth + 1)?, then: branch(then)? })
                })
                .collect::<Result<_, Error>>()?;
            return Ok(Choice::Cases { cases, otherwise: branch(&fields.required("else")?)? });
        }
        let fields = cursor.object(&["of", "map", "else"])?;
        let of_cursor = fields.required("of")?;
        let KnownColumn { column, kind } = scope.find(of_cursor.text()?, &of_cursor)?;
        let ColumnKind::Category { levels, .. } = &*kind else {
            return Err(of_cursor.error(format!("`map` wants a category; `{}` is none", column.name)));
        };
        let map = fields.required("map")?;
        let branches = map
            .entries()?
            .all()
            .map(|(level, then)| {
                let code = level_code(levels, level)
                    .ok_or_else(|| unknown_level(&then, &column.name, level, levels))?;
                Ok(LevelBranch { level: level.to_owned(), code, then: branch(&then)? })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Choice::Map { column, branches, otherwise: branch(&fields.required("else")?)? })
    }

    pub(crate) fn condition(&self, cursor: &Cursor<'_>, scope: &Scope) -> Result<Condition, Error> {
        self.condition_at(cursor, scope, 1)
    }

    fn condition_at(&self, cursor: &Cursor<'_>, scope: &Scope, depth: usize) -> Result<Condition, Error> {
        self.enter(cursor, depth)?;
        if let Node::Text(name) = cursor.node {
            let KnownColumn { column, kind } = scope.find(name, cursor)?;
            return if *kind == ColumnKind::Flag {
                Ok(Condition::Flag(column))
            } else {
                Err(cursor.error(format!(
                    "`{name}` is no flag; compare it: {{\"of\": \"{name}\", \"at_least\": …}}"
                )))
            };
        }
        let fields = cursor.entries()?;
        let many = |list: Cursor<'_>| -> Result<Vec<Condition>, Error> {
            let items = list.items()?;
            if items.is_empty() {
                return Err(list.error("wants at least one condition"));
            }
            items.iter().map(|item| self.condition_at(item, scope, depth + 1)).collect()
        };
        if fields.has("all") {
            return Ok(Condition::All(many(cursor.object(&["all"])?.required("all")?)?));
        }
        if fields.has("any") {
            return Ok(Condition::Any(many(cursor.object(&["any"])?.required("any")?)?));
        }
        if fields.has("not") {
            let inner = cursor.object(&["not"])?.required("not")?;
            return Ok(Condition::Not(Box::new(self.condition_at(&inner, scope, depth + 1)?)));
        }
        if fields.has("missing") {
            let inner = cursor.object(&["missing"])?.required("missing")?;
            return Ok(Condition::Missing(scope.find(inner.text()?, &inner)?.column));
        }
        self.comparison(cursor, scope, depth)
    }

    fn comparison(&self, cursor: &Cursor<'_>, scope: &Scope, depth: usize) -> Result<Condition, Error> {
        let fields = cursor.object(&["of", "at_least", "over", "at_most", "under", "is", "in"])?;
        let of_cursor = fields.required("of")?;
        let named = match of_cursor.node {
            Node::Text(name) => Some(scope.find(name, &of_cursor)?),
            _ => None,
        };
        let kind = named.as_ref().map(|known| known.kind.clone());
        let category = matches!(kind.as_deref(), Some(ColumnKind::Category { .. }));
        let value = match named {
            Some(known) => Value::Column(known.column),
            None => self.value_at(&of_cursor, scope, depth + 1)?,
        };
        let kinds = [
            ("at_least", Bound::AtLeast),
            ("over", Bound::Over),
            ("at_most", Bound::AtMost),
            ("under", Bound::Under),
        ];
        let mut limits = Vec::new();
        for (name, bound) in kinds {
            if let Some(limit) = fields.optional(name) {
                if category {
                    return Err(limit.error("a category has no order; use `is` or `in`"));
                }
                limits.push(Limit { bound, number: limit.number()? });
            }
        }
        let member = |c: &Cursor<'_>| member(c, kind.as_deref());
        let (is, among) = (fields.optional("is"), fields.optional("in"));
        match (limits.is_empty(), is, among) {
            (false, None, None) => Ok(Condition::Compare { value, limits }),
            (true, Some(is), None) => Ok(Condition::Is { value, member: member(&is)? }),
            (true, None, Some(among)) => {
                let members = among.items()?.iter().map(member).collect::<Result<_, _>>()?;
                Ok(Condition::In { value, members })
            }
            _ => Err(cursor.error("wants bounds (`at_least`, `over`, `at_most`, `under`), or `is`, or `in`")),
        }
    }

    /// A text: a template, or a choice of templates.
    pub(crate) fn text(&self, cursor: &Cursor<'_>, scope: &Scope) -> Result<Text, Error> {
        let branch = |c: &Cursor<'_>| Template::read(c, c.text()?, scope);
        if matches!(cursor.node, Node::Text(_)) {
            return branch(cursor).map(Text::Always);
        }
        self.enter(cursor, 1)?;
        Ok(Text::Choice(Box::new(self.choice(cursor, scope, 1, &branch)?)))
    }
}

/// A finite number above zero.
pub(crate) fn positive(cursor: &Cursor<'_>) -> Result<f64, Error> {
    let number = cursor.number()?;
    if number > 0.0 {
        Ok(number)
    } else {
        Err(cursor.error(format!("wants a number above 0, found {number}")))
    }
}

fn member(cursor: &Cursor<'_>, kind: Option<&ColumnKind>) -> Result<Member, Error> {
    match (cursor.node, kind) {
        (Node::Text(level), Some(ColumnKind::Category { levels, .. })) => {
            let code = level_code(levels, level).ok_or_else(|| unknown_level(cursor, "it", level, levels))?;
            Ok(Member { code, written: Written::Level(level.clone()) })
        }
        (_, Some(ColumnKind::Category { .. })) => {
            Err(cursor.error("wants a level of the category, as a text"))
        }
        (Node::Flag(flag), _) => Ok(Member { code: f64::from(u8::from(*flag)), written: Written::Flag }),
        _ => Ok(Member { code: cursor.number()?, written: Written::Number }),
    }
}

/// A level's position, compared as feature texts are.
pub(crate) fn level_code(levels: &[String], level: &str) -> Option<f64> {
    let wanted = normalise(level);
    levels.iter().position(|known| normalise(known) == wanted).map(|code| code as f64)
}

fn unknown_level(cursor: &Cursor<'_>, category: &str, level: &str, levels: &[String]) -> Error {
    let meant = did_you_mean(level, levels.iter().map(String::as_str));
    cursor.error(format!("`{level}` is no level of {category}{meant}; its levels: {}", levels.join(", ")))
}
