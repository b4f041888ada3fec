//! The levels a model was trained on, and which of them a value means.
//!
//! They are compared letter for letter, since levels that differ in case are two to a model. Levels that were numbers
//! are compared by value: only there are `00501` and `501` the same.

use std::collections::BTreeMap;

use super::flag_word::flag_word;
use super::number::parse_number;
use crate::Error;
use crate::json::{Cursor, Node, Object};
use crate::record::AttributeRef;

/// One level as a model's file has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Level {
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

/// A further text that stands for a level.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spelling {
    pub(crate) code: usize,
    pub(crate) text: String,
    /// The length of the whole name, where `text` is only how it begins.
    pub(crate) characters: Option<usize>,
}

/// The levels of a column; the position is the code.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Levels {
    values: Vec<Level>,
    names: Vec<String>,
    spellings: Vec<Spelling>,
    /// The codes of the names, and of the names without blanks around them where that leaves them apart.
    by_text: BTreeMap<String, usize>,
    /// The codes of no and yes, where the levels are these two.
    no_and_yes: Option<[usize; 2]>,
}

impl Level {
    /// Its name: a number as it would be printed, so that 1.0 keeps its fraction.
    fn name(&self) -> String {
        match self {
            Level::Text(text) => text.clone(),
            Level::Integer(number) => number.to_string(),
            Level::Number(number) => format!("{number:?}"),
            Level::Flag(flag) => if *flag { "True" } else { "False" }.to_owned(),
        }
    }

    fn flag(&self) -> Option<bool> {
        match self {
            Level::Text(text) => flag_word(text),
            Level::Integer(number) => [false, true].get(usize::try_from(*number).ok()?).copied(),
            Level::Number(number) if *number == 0.0 => Some(false),
            Level::Number(number) if *number == 1.0 => Some(true),
            Level::Number(_) => None,
            Level::Flag(flag) => Some(*flag),
        }
    }

    /// The level of a list in JSON; nothing for what is no name.
    pub(crate) fn of_node(node: &Node) -> Option<Level> {
        match node {
            Node::Text(text) => Some(Level::Text(text.clone())),
            Node::Integer(number) => Some(Level::Integer(*number)),
            Node::Number(number) => Some(Level::Number(*number)),
            Node::Flag(flag) => Some(Level::Flag(*flag)),
            _ => None,
        }
    }
}

impl From<&Level> for Node {
    fn from(level: &Level) -> Node {
        match level {
            Level::Text(text) => Node::from(text),
            Level::Integer(number) => Node::Integer(*number),
            Level::Number(number) => Node::Number(*number),
            Level::Flag(flag) => Node::Flag(*flag),
        }
    }
}

impl From<&Levels> for Node {
    fn from(levels: &Levels) -> Node {
        Node::List(levels.values.iter().map(Node::from).collect())
    }
}

impl Levels {
    pub(crate) fn new(levels: Vec<Level>) -> Levels {
        let names: Vec<String> = levels.iter().map(Level::name).collect();
        let mut by_text = BTreeMap::new();
        for (code, name) in names.iter().enumerate() {
            by_text.entry(name.clone()).or_insert(code);
        }
        for (code, name) in names.iter().enumerate() {
            by_text.entry(name.trim().to_owned()).or_insert(code);
        }
        let no_and_yes = match levels.as_slice() {
            [first, second] => match (first.flag(), second.flag()) {
                (Some(false), Some(true)) => Some([0, 1]),
                (Some(true), Some(false)) => Some([1, 0]),
                _ => None,
            },
            _ => None,
        };
        Levels { values: levels, names, spellings: Vec::new(), by_text, no_and_yes }
    }

    /// Levels that are texts.
    pub(crate) fn texts(names: impl IntoIterator<Item = impl Into<String>>) -> Levels {
        Levels::new(names.into_iter().map(|name| Level::Text(name.into())).collect())
    }

    /// Levels as somebody typed them: numbers where all of them are whole numbers in their usual form.
    pub(crate) fn typed(names: &[String]) -> Levels {
        let number = |name: &String| name.parse::<i64>().ok().filter(|number| number.to_string() == *name);
        match names.iter().map(number).collect::<Option<Vec<i64>>>() {
            Some(numbers) => Levels::new(numbers.into_iter().map(Level::Integer).collect()),
            None => Levels::texts(names),
        }
    }

    pub(crate) fn with_spellings(mut self, spellings: Vec<Spelling>) -> Levels {
        self.spellings = spellings;
        self
    }

    /// Reads the list of levels, each a text, a number or a flag.
    pub(crate) fn read(cursor: &Cursor<'_>) -> Result<Levels, Error> {
        let level = |item: &Cursor<'_>| {
            Level::of_node(item.node).ok_or_else(|| item.error("a level is a text, a number or a flag"))
        };
        let levels = Levels::new(cursor.items()?.iter().map(level).collect::<Result<_, _>>()?);
        let duplicate = levels.names.iter().enumerate().find(|(code, name)| levels.by_text[*name] != *code);
        match duplicate {
            Some((_, name)) => Err(cursor.error(format!("the level `{name}` appears twice"))),
            None => Ok(levels),
        }
    }

    /// Reads further spellings: `[{"level": 2, "text": "Österrei", "characters": 10}]`.
    pub(crate) fn read_spellings(&self, cursor: &Cursor<'_>) -> Result<Vec<Spelling>, Error> {
        let spelling = |item: &Cursor<'_>| {
            let fields = item.object(&["level", "text", "characters"])?;
            let level = fields.required("level")?;
            let code = level.count()?;
            if code >= self.len() {
                return Err(level.error(format!("there are {} levels", self.len())));
            }
            let characters = fields.optional("characters").map(|c| c.count()).transpose()?;
            Ok(Spelling { code, text: fields.required("text")?.text()?.to_owned(), characters })
        };
        cursor.items()?.iter().map(spelling).collect()
    }

    /// The spellings as JSON, if there are any.
    pub(crate) fn spellings_node(&self) -> Option<Node> {
        let spelling = |spelling: &Spelling| -> Node {
            Object::default()
                .with("level", spelling.code)
                .with("text", &spelling.text)
                .maybe("characters", spelling.characters)
                .into()
        };
        (!self.spellings.is_empty()).then(|| Node::List(self.spellings.iter().map(spelling).collect()))
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The names of which only the beginning is known: code, beginning, and the length in characters.
    pub(crate) fn cut(&self) -> impl Iterator<Item = (usize, &str, usize)> {
        self.spellings.iter().filter_map(|own| Some((own.code, own.text.as_str(), own.characters?)))
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The code of the level with exactly this name.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        self.by_text.get(name).copied()
    }

    /// The code of the level a value means.
    pub(crate) fn code(&self, value: AttributeRef<'_>) -> Option<usize> {
        match value {
            AttributeRef::Text(text) => self.named(text).or_else(|| self.of_text(text.trim())),
            AttributeRef::Number(number) => self.of_number(number),
            AttributeRef::Flag(flag) => self.of_flag(flag),
            AttributeRef::Date(_) => self.of_text(&value.to_text()),
        }
    }

    fn of_text(&self, text: &str) -> Option<usize> {
        self.named(text)
            .or_else(|| self.spelled(text))
            .or_else(|| self.of_numeric_text(text))
            .or_else(|| self.no_and_yes.and_then(|codes| Some(codes[usize::from(flag_word(text)?)])))
            .or_else(|| {
                let flag = ["false", "true"].iter().position(|word| text.eq_ignore_ascii_case(word))?;
                self.of_flag(flag == 1)
            })
    }

    /// By a further spelling, unless two levels have it.
    fn spelled(&self, text: &str) -> Option<usize> {
        let is_it = |spelling: &&Spelling| match spelling.characters {
            None => spelling.text == text,
            Some(characters) => text.starts_with(&spelling.text) && text.chars().count() == characters,
        };
        let mut found = self.spellings.iter().filter(is_it).map(|spelling| spelling.code);
        let first = found.next()?;
        found.all(|code| code == first).then_some(first)
    }

    /// By value, among the levels that are numbers.
    fn of_numeric_text(&self, text: &str) -> Option<usize> {
        let number = parse_number(text)?;
        let whole: Option<i64> = text.parse().ok();
        self.values.iter().position(|level| match (level, whole) {
            (Level::Integer(level), Some(whole)) => *level == whole,
            (Level::Integer(level), None) => *level as f64 == number,
            (Level::Number(level), _) => *level == number,
            _ => false,
        })
    }

    fn of_number(&self, number: f64) -> Option<usize> {
        let by_value = self.values.iter().position(|level| match level {
            Level::Integer(level) => *level as f64 == number,
            Level::Number(level) => *level == number,
            Level::Text(_) | Level::Flag(_) => false,
        });
        by_value
            .or_else(|| self.named(&number.to_string()))
            .or_else(|| self.named(&format!("{number:?}")))
            .or_else(|| self.spelled(&number.to_string()))
            .or_else(|| {
                let flag = Level::Number(number).flag()?;
                self.no_and_yes.map(|codes| codes[usize::from(flag)])
            })
    }

    /// A flag is the one of two levels that says so, or the one level that is called true or false.
    fn of_flag(&self, flag: bool) -> Option<usize> {
        if let Some(codes) = self.no_and_yes {
            return Some(codes[usize::from(flag)]);
        }
        let word = if flag { "true" } else { "false" };
        let mut called = (0..self.len()).filter(|code| self.names[*code].trim().eq_ignore_ascii_case(word));
        let first = called.next()?;
        called.next().is_none().then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(levels: &Levels, text: &str) -> Option<usize> {
        levels.code(AttributeRef::Text(text))
    }

    #[test]
    fn letters_count() {
        let levels = Levels::texts(["IT", "it", "It", " left"]);
        let codes = ["IT", "it", "It", "iT", "left", " left", " it "].map(|cell| text(&levels, cell));
        assert_eq!(codes, [Some(0), Some(1), Some(2), None, Some(3), Some(3), Some(1)]);
    }

    #[test]
    fn zeros_in_front_count_unless_levels_were_numbers() {
        let texts = Levels::texts(["00501", "501"]);
        assert_eq!(["00501", "501", "0501"].map(|cell| text(&texts, cell)), [Some(0), Some(1), None]);
        assert_eq!(texts.code(AttributeRef::Number(501.0)), Some(1));
        let numbers = Levels::new(vec![Level::Integer(7), Level::Integer(501), Level::Number(2.5)]);
        let cells = ["00501", "501", "501.0", "7", "2.50", "8"].map(|cell| text(&numbers, cell));
        assert_eq!(cells, [Some(1), Some(1), Some(1), Some(0), Some(2), None]);
        // Two whole numbers that are one as f64.
        let long =
            Levels::new(vec![Level::Integer(9_007_199_254_740_993), Level::Integer(9_007_199_254_740_992)]);
        assert_eq!(text(&long, "9007199254740992"), Some(1));
    }

    #[test]
    fn booleans_in_every_spelling() {
        let cells = ["True", "TRUE", "true", "yes", "Y", "t", "1", "False", "no", "0", "maybe"];
        for levels in [
            Levels::new(vec![Level::Flag(false), Level::Flag(true)]),
            Levels::texts(["False", "True"]),
            Levels::texts(["No", "Yes"]),
            Levels::new(vec![Level::Integer(0), Level::Integer(1)]),
        ] {
            let codes = cells.map(|cell| text(&levels, cell));
            assert_eq!(codes[..7], [Some(1); 7], "{:?}", levels.names());
            assert_eq!(codes[7..], [Some(0), Some(0), Some(0), None], "{:?}", levels.names());
            assert_eq!(levels.code(AttributeRef::Flag(true)), Some(1));
            assert_eq!(levels.code(AttributeRef::Number(0.0)), Some(0));
        }
        // F and M are no answers to a question.
        let sexes = Levels::texts(["F", "M"]);
        assert_eq!(["F", "no", "false", "0"].map(|cell| text(&sexes, cell)), [Some(0), None, None, None]);
        let three = Levels::texts(["False", "True", "unknown"]);
        assert_eq!(["TRUE", "yes", "1"].map(|cell| text(&three, cell)), [Some(1), None, None]);
        assert_eq!(three.code(AttributeRef::Flag(false)), Some(0));
    }

    #[test]
    fn a_name_without_its_end_is_known_by_its_length() {
        let spelling = |code, text: &str, characters| Spelling { code, text: text.to_owned(), characters };
        let levels = Levels::texts(["a", "Kö…", "Kö……"]).with_spellings(vec![
            spelling(1, "Kö", Some(4)),
            spelling(2, "Kö", Some(5)),
            spelling(0, "Kölx", None),
        ]);
        let cells = ["Köln", "Kölna", "Kölx", "Köl", "Kiel"].map(|cell| text(&levels, cell));
        assert_eq!(cells, [Some(1), Some(2), None, None, None]);
    }
}
