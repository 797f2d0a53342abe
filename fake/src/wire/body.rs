//! JSON bodies of requests, read as Go's `encoding/json` reads them.
//!
//! A null member is absent, names match in any case, the last of several members with a name counts, and a null body is
//! an empty object.

use std::{collections::HashSet, fmt, vec};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, Error as _, MapAccess, Visitor,
        value::{Error, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

use crate::{
    model::ErrorCode,
    wire::{
        error::ApiError,
        go_json, go_scanner,
        request::{BODY_LIMIT, Request},
    },
};

/// Members that must be objects, which the models leave open.
const OBJECTS: [&str; 3] = ["data", "user_metadata", "app_metadata"];

/// How many members that are replaced by later ones are read, so that a body full of them does not take long.
const MOST_REPLACED: usize = 10;

/// Returns whether there is no body, for an operation that needs none. The real server takes a body that it cannot read
/// for none there.
pub(crate) fn has_no_body(request: &Request) -> bool {
    request.body.is_empty() || request.is_unreadable()
}

/// Returns the body that an operation reads whole. The body of a form has been read before.
fn whole(request: &Request) -> Result<&[u8], ApiError> {
    if request.is_form() {
        return Ok(&[]);
    }
    if request.is_too_large() {
        let message = format!("Request body too large (max {BODY_LIMIT} bytes)");
        return Err(ApiError::new(413, ErrorCode::RequestEntityTooLarge, message));
    }
    if request.is_cut_off {
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, "Could not read body into byte slice"));
    }
    Ok(&request.body)
}

/// Reads the body.
pub(crate) fn json_body<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    json_body_with(request, &[])
}

/// Reads the body without one of its members.
pub(crate) fn json_body_without<T: DeserializeOwned>(request: &Request, name: &str) -> Result<T, ApiError> {
    let edit = |object: &mut Object| object.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    read_edited(whole(request)?, edit).map_err(not_parsed)
}

/// Reads the body, with an empty string for each of these members that is absent.
pub(crate) fn json_body_with<T: DeserializeOwned>(request: &Request, strings: &[&str]) -> Result<T, ApiError> {
    read_json(whole(request)?, strings).map_err(not_parsed)
}

fn not_parsed(why: impl fmt::Display) -> ApiError {
    ApiError::new(400, ErrorCode::BadJson, format!("Could not parse request body as JSON: {why}"))
}

/// Reads the body as Go's `json.Decoder` does: only its first value counts, and some errors have another text.
pub(crate) fn json_stream<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    let body = if request.is_form() { &[] } else { &request.body[..request.body.len().min(BODY_LIMIT)] };
    let end = go_scanner::end_of_first_value(body).map_err(|error| match error.is_at_end {
        true if request.is_too_large() => "http: request body too large".to_owned(),
        true if body.trim_ascii().is_empty() && !request.is_cut_off => "EOF".to_owned(),
        true => "unexpected EOF".to_owned(),
        false => error.message,
    })?;
    read_json(&body[..end], &[])
}

/// Reads a body, or returns the message of the error. Each of these members is an empty string if it is absent.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8], strings: &[&str]) -> Result<T, String> {
    read_edited(body, |object| {
        for name in strings {
            // A member that is sent replaces it.
            object.0.insert(0, ((*name).to_owned(), "".into()));
        }
    })
}

/// Reads a body after a change of its object.
fn read_edited<T: DeserializeOwned>(body: &[u8], edit: impl FnOnce(&mut Object)) -> Result<T, String> {
    go_scanner::check(body).map_err(|error| error.message)?;
    let text = go_json::text_of(body);
    let message = |error: serde_json::Error| error.to_string();
    let mut object = match go_json::parse(text.as_bytes()).map_err(message)? {
        Value::Null => Object(Vec::new()),
        Value::Object(_) => go_json::parse(text.as_bytes()).map_err(message)?,
        other => return T::deserialize(NoObject(other)).map_err(|error| error.to_string()),
    };
    object.remove_nulls();
    edit(&mut object);
    // Go reads one member after the other, so it fails for one that a later one replaces.
    for replaced in object.replaced() {
        T::deserialize(replaced).map_err(|error| error.to_string())?;
    }
    T::deserialize(object).map_err(|error| error.to_string())
}

/// An object, whose members are in the order in which they were sent.
struct Object(Vec<(String, Value)>);

impl Object {
    /// Removes the members that are null, and the objects and arrays that such a member replaces.
    fn remove_nulls(&mut self) {
        let mut cleared = HashSet::new();
        let members = std::mem::take(&mut self.0).into_iter().rev();
        self.0 = members
            .filter(|(name, value)| {
                let name = name.to_ascii_lowercase();
                if value.is_null() {
                    cleared.insert(name);
                    return false;
                }
                !(value.is_object() || value.is_array()) || !cleared.contains(&name)
            })
            .collect();
        self.0.reverse();
    }

    /// Returns the object up to each member that replaces another one, for the first few of them.
    fn replaced(&self) -> impl Iterator<Item = Self> {
        let mut known = HashSet::new();
        let replaces = move |index: &usize| !known.insert(self.0[*index].0.to_ascii_lowercase());
        (0..self.0.len()).filter(replaces).take(MOST_REPLACED).map(|index| Self(self.0[..index].to_vec()))
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Object(members))
    }
}

impl<'de> Deserializer<'de> for Object {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Fields { name: "", members: self.0.into_iter(), value: None })
    }

    /// Takes the last member for each field, by its name in any case.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut members: Vec<(String, Value)> = Vec::new();
        for (name, value) in self.0 {
            let Some(field) = fields.iter().find(|field| name.eq_ignore_ascii_case(field)) else { continue };
            members.retain(|(known, _)| known != field);
            members.push(((*field).to_owned(), value));
        }
        visitor.visit_map(Fields { name, members: members.into_iter(), value: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A value that is not an object, so that it cannot be deserialized into a struct.
struct NoObject(Value);

impl<'de> Deserializer<'de> for NoObject {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom(go_json::body_error(&self.0, "")))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(Error::custom(go_json::body_error(&self.0, name)))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Fields {
    /// The name of the struct.
    name: &'static str,
    members: vec::IntoIter<(String, Value)>,
    value: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.value = self.members.next();
        let name = self.value.as_ref().map(|(name, _)| StrDeserializer::<Error>::new(name));
        name.map(|name| seed.deserialize(name)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (field, value) = self.value.take().unwrap_or_default();
        go_json::check_kept(&value).map_err(Error::custom)?;
        let place = format!("{}.{field}", go_json::struct_name(self.name));
        if OBJECTS.contains(&field.as_str()) && !value.is_object() {
            return Err(Error::custom(go_json::type_error(&value, &place, "a map")));
        }
        let error = |error: serde_json::Error| Error::custom(go_json::type_error(&value, &place, &error.to_string()));
        // A null in a list of texts is an empty text.
        let is_texts = |elements: &[Value]| elements.iter().all(|element| element.is_string() || element.is_null());
        let given = match &value {
            Value::Array(elements) if is_texts(elements) => {
                elements.iter().map(|element| element.as_str().unwrap_or_default()).collect()
            }
            other => other.clone(),
        };
        seed.deserialize(Member(given)).map_err(error)
    }
}

/// The value of a member. Unlike serde, Go does not read an array as a struct.
struct Member(Value);

impl<'de> Deserializer<'de> for Member {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, serde_json::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, serde_json::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, serde_json::Error> {
        if self.0.is_array() {
            return Err(serde_json::Error::custom(format!("expected struct {name}")));
        }
        self.0.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, serde_json::Error> {
        self.0.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, serde_json::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::wire::server;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Params {
        email: String,
        code_challenge: Option<String>,
        data: Option<Value>,
        create_user: bool,
    }

    fn params(email: &str) -> Params {
        Params { email: email.to_owned(), ..Params::default() }
    }

    #[test]
    fn bodies_are_read_as_go_reads_them() {
        let read = |body: &str| read_json::<Params>(body.as_bytes(), &[]);
        for (body, expected) in [
            ("{}", params("")),
            (" null ", params("")),
            (r#"{"email":null,"code_challenge":null,"data":null,"create_user":null}"#, params("")),
            (r#"{"EMAIL":"a"}"#, params("a")),
            (r#"{"email":"a","email":"b"}"#, params("b")),
            (r#"{"email":"a","Email":"b"}"#, params("b")),
            (r#"{"Email":"a","email":"b"}"#, params("b")),
            (r#"{"email":"a","email":null}"#, params("a")),
            (r#"{"email":"a","unknown":[{}]}"#, params("a")),
        ] {
            assert_eq!(read(body).as_ref(), Ok(&expected), "{body}");
        }
        for (body, text) in [
            (&b"{\"email\":\"a\xff\xfeb\"}"[..], "a\u{fffd}\u{fffd}b"),
            (br#"{"email":"a\ud800b"}"#, "a\u{fffd}b"),
            (br#"{"email":"\udc00\ud83d"}"#, "\u{fffd}\u{fffd}"),
            (br#"{"email":"\ud83d\ude00 \\ud800"}"#, "\u{1f600} \\ud800"),
        ] {
            assert_eq!(read_json::<Params>(body, &[]), Ok(params(text)));
        }
        assert_eq!(read(r#"{"data":{"a":1},"DATA":null}"#), Ok(params("")));
        let data = read(r#"{"data":{"A":null,"a":1}}"#).unwrap().data;
        assert_eq!(data, Some(serde_json::json!({ "A": null, "a": 1 })));
    }

    /// The thread of the server has a large stack, that of a test has not.
    fn on_a_large_stack(test: fn()) {
        thread::Builder::new().stack_size(server::STACK).spawn(test).unwrap().join().unwrap();
    }

    #[test]
    fn bodies_may_be_nested_deeply() {
        on_a_large_stack(|| {
            let read = |body: &str| read_json::<Params>(body.as_bytes(), &[]);
            let within = |name: &str, depth| format!(r#"{{"email":"[[","{name}":{}}}"#, deep(depth));
            assert_eq!(read(&within("unknown", 9_999)), Ok(params("[[")));
            let error = || Err("invalid character '[' exceeded max depth".to_owned());
            assert_eq!(read(&within("unknown", 10_000)), error());
            assert!(read(&format!(r#"{{"data":{{"a":{}}}}}"#, deep(249))).is_ok());
            assert_eq!(read(&format!(r#"{{"data":{{"a":{}}}}}"#, deep(250))), error());
        });
    }

    fn deep(nested: usize) -> String {
        "[".repeat(nested) + &"]".repeat(nested)
    }

    #[test]
    fn errors_are_those_of_go() {
        on_a_large_stack(check_errors);
    }

    fn check_errors() {
        for (body, error) in [
            ("", "unexpected end of JSON input"),
            ("{\"email\":", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("\u{feff}{}", "invalid character 'ï' looking for beginning of value"),
            ("{} x", "invalid character 'x' after top-level value"),
            ("{a}", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\": 1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[]", "json: cannot unmarshal array into Go value of type api.Params"),
            ("5", "json: cannot unmarshal number into Go value of type api.Params"),
            (
                "{\"email\":5,\"email\":\"a\"}",
                "json: cannot unmarshal number into Go struct field Params.email of type string",
            ),
            (
                "{\"data\":1,\"email\":5}",
                "json: cannot unmarshal number into Go struct field Params.data of type map[string]interface {}",
            ),
            ("{\"email\":5}", "json: cannot unmarshal number into Go struct field Params.email of type string"),
            ("{\"email\":[1]}", "json: cannot unmarshal array into Go struct field Params.email of type string"),
            ("{\"email\":{}}", "json: cannot unmarshal object into Go struct field Params.email of type string"),
            (
                "{\"create_user\":\"x\"}",
                "json: cannot unmarshal string into Go struct field Params.create_user of type bool",
            ),
            (&deep(10_001), "invalid character '[' exceeded max depth"),
            (&deep(10_000), "json: cannot unmarshal array into Go value of type api.Params"),
            (
                "{\"data\":[]}",
                "json: cannot unmarshal array into Go struct field Params.data of type map[string]interface {}",
            ),
        ] {
            assert_eq!(read_json::<Params>(body.as_bytes(), &[]), Err(error.to_owned()), "{body}");
        }
    }
}
