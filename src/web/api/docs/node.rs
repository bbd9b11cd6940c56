//! JSON whose objects keep the order they were written in: a description is read in the order its author chose.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`, `true`, `false` or a number, as it is written.
    Plain(String),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Node {
    /// What an object has under a name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// What is at the end of a way through objects.
    pub fn at(&self, way: &[&str]) -> Option<&Self> {
        way.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The text that an object has under a name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::as_text)
    }

    /// Whether an object says `true` under a name.
    pub fn says(&self, name: &str) -> bool {
        self.get(name) == Some(&Self::Plain("true".to_owned()))
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The names and values of an object.
    pub fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The names and values of the object that an object has under a name.
    pub fn entries_of(&self, name: &str) -> &[(String, Self)] {
        self.get(name).map_or(&[], Self::entries)
    }

    /// The values of a list.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The values of the list that an object has under a name.
    pub fn items_of(&self, name: &str) -> &[Self] {
        self.get(name).map_or(&[], Self::items)
    }

    /// The same, with the entries of its objects in the order in which another document has them, and those that it lacks at the end.
    pub fn arranged(self, like: &Self) -> Self {
        match self {
            Self::Object(mut entries) => {
                let order = like.entries();
                let place = |name: &str| order.iter().position(|(other, _)| other == name).unwrap_or(order.len());
                entries.sort_by_cached_key(|(name, _)| place(name));
                let entry = |(name, value): (String, Self)| match like.get(&name) {
                    Some(like) => (name, value.arranged(like)),
                    None => (name, value),
                };
                Self::Object(entries.into_iter().map(entry).collect())
            }
            Self::List(items) => {
                let nothing = Self::Object(Vec::new());
                let like = like.items().iter().chain(std::iter::repeat(&nothing));
                Self::List(items.into_iter().zip(like).map(|(item, like)| item.arranged(like)).collect())
            }
            plain => plain,
        }
    }

    /// Written on one line, as a program would send it.
    pub fn line(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Text(text) => quoted(text),
            Self::List(items) => format!("[{}]", items.iter().map(Self::line).collect::<Vec<_>>().join(", ")),
            Self::Object(entries) => {
                let entry = |(name, value): &(String, Self)| format!("{}: {}", quoted(name), value.line());
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A text as JSON writes it.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Plain("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = object.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_keeps_its_order() {
        let node: Node =
            serde_json::from_str(r#"{"z": [1, -2, 0.5, null], "a": {"say": "\"so\"", "yes": true}}"#).unwrap();
        assert_eq!(node.line(), r#"{"z": [1, -2, 0.5, null], "a": {"say": "\"so\"", "yes": true}}"#);
        assert_eq!(node.at(&["a", "say"]).and_then(Node::as_text), Some("\"so\""));
        assert!(node.get("a").unwrap().says("yes"));
    }

    #[test]
    fn a_document_takes_its_order_from_another() {
        let read = |json: &str| serde_json::from_str::<Node>(json).unwrap();
        let sorted = read(r#"{"a": [{"x": 1, "y": 2}, {"p": 3}], "b": 1, "more": 0, "title": {"i": 1, "o": 2}}"#);
        let like = read(r#"{"title": {"o": 0, "i": 0}, "a": [{"y": 0, "x": 0}], "gone": 0, "b": 0}"#);
        assert_eq!(
            sorted.arranged(&like).line(),
            r#"{"title": {"o": 2, "i": 1}, "a": [{"y": 2, "x": 1}, {"p": 3}], "b": 1, "more": 0}"#
        );
    }
}
