//! Objects are read by the names of their fields. serde also takes a list for a struct, field by field in the order of the
//! source: `["admin"]` would change a role. Here that is a value of the wrong type, however deep it stands.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Wraps whatever takes part in reading JSON, so that structs are read from objects only.
pub(super) struct Named<T>(pub T);

/// The visitor of a struct.
struct Fields<V>(V);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Named<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Named(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Named(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Named(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Fields(visitor))
    }

    /// As it is: no body holds a variant with fields of its own.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Fields<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Named(map))
    }
}

/// Hands each of these values on as it is.
macro_rules! hand_on {
    ($($visit:ident: $value:ty,)*) => {
        $(
            fn $visit<E: serde::de::Error>(self, value: $value) -> Result<V::Value, E> {
                self.0.$visit(value)
            }
        )*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Named<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    hand_on! {
        visit_bool: bool,
        visit_i64: i64,
        visit_u64: u64,
        visit_str: &str,
        visit_borrowed_str: &'de str,
        visit_string: String,
    }

    /// A whole number stays one when it is written `3.0`: JSON knows one kind of number. serde_json may miss the last
    /// binary digit of a long one, which is half of one from 2⁵¹ on.
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<V::Value, E> {
        const ABOVE: f64 = 9_223_372_036_854_775_808.0;
        let whole = value.round();
        if (value - whole).abs() <= value.abs() * f64::EPSILON && (-ABOVE..ABOVE).contains(&whole) {
            self.0.visit_i64(whole as i64)
        } else {
            self.0.visit_f64(value)
        }
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Named(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Named(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Named(seq))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Named(map))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Named<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Named(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Named<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Named(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Named<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Named(deserializer))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::Named;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Amount {
        #[serde(default)]
        number: i64,
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        parts: Vec<Amount>,
        #[serde(default)]
        whole: Option<Box<Amount>>,
    }

    fn read(value: &serde_json::Value) -> Result<Amount, String> {
        Amount::deserialize(Named(value)).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_numbers_are_read_however_they_are_written() {
        for (written, number) in [
            ("-3", -3),
            ("3.0", 3),
            ("4e2", 400),
            ("-4503599627370496.0", -4503599627370496),
            ("-9223372036854775808.0", i64::MIN),
        ] {
            let value = serde_json::from_str(&format!(r#"{{"number":{written}}}"#)).unwrap();
            assert_eq!(read(&value).map(|amount| amount.number), Ok(number), "{written}");
        }
        for written in ["3.5", "9223372036854775808.0", "1e300"] {
            let value = serde_json::from_str(&format!(r#"{{"number":{written}}}"#)).unwrap();
            assert!(read(&value).is_err(), "{written}");
        }
    }

    #[test]
    fn objects_are_read_and_lists_in_their_place_are_not() {
        let part = || json!({ "text": "1" });
        let amount = read(&json!({ "text": null, "parts": [part()], "whole": part() })).unwrap();
        assert_eq!(amount.parts[0].text.as_deref(), Some("1"));
        assert_eq!(amount.whole.unwrap().text.as_deref(), Some("1"));
        for list in [json!(["1"]), json!([]), json!({ "parts": [["1"]] }), json!({ "whole": ["1"] })] {
            assert!(read(&list).unwrap_err().contains("expected struct Amount"), "{list}");
        }
    }
}
