//! Objects, and whatever else is found in their place.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::super::super::invalid::Problem;
use super::value::skip_list;

/// Reads an object, or is told what was found instead.
pub(super) trait ReadObject<'a>: Sized {
    type Output;

    fn read<A: MapAccess<'a>>(self, object: A) -> Result<Self::Output, A::Error>;

    fn refuse(self, problem: Problem) -> Self::Output;
}

/// A value that should be an object.
pub(super) struct ObjectSeed<R>(pub(super) R);

impl<'a, R: ReadObject<'a>> DeserializeSeed<'a> for ObjectSeed<R> {
    type Value = R::Output;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<R::Output, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a, R: ReadObject<'a>> Visitor<'a> for ObjectSeed<R> {
    type Value = R::Output;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, object: A) -> Result<R::Output, A::Error> {
        self.0.read(object)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, list: A) -> Result<R::Output, A::Error> {
        skip_list(list)?;
        Ok(self.0.refuse(Problem::NotDict))
    }

    fn visit_unit<E>(self) -> Result<R::Output, E> {
        Ok(self.0.refuse(Problem::Null))
    }

    fn visit_bool<E>(self, _: bool) -> Result<R::Output, E> {
        Ok(self.0.refuse(Problem::NotDict))
    }

    fn visit_i64<E>(self, _: i64) -> Result<R::Output, E> {
        Ok(self.0.refuse(Problem::NotDict))
    }

    fn visit_u64<E>(self, _: u64) -> Result<R::Output, E> {
        Ok(self.0.refuse(Problem::NotDict))
    }

    fn visit_f64<E>(self, _: f64) -> Result<R::Output, E> {
        Ok(self.0.refuse(Problem::NotDict))
    }

    fn visit_str<E>(self, _: &str) -> Result<R::Output, E> {
        Ok(self.0.refuse(Problem::NotDict))
    }
}
