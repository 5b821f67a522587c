//! [`ObjectWriter`]: the members of a JSON object, one after the other.

use super::text::write_string;

/// Writes the members of a JSON object.
///
/// Names are written as they are, so they hold nothing that would have to be escaped.
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::json::ObjectWriter;
///
/// let mut out = Vec::new();
/// let mut object = ObjectWriter::begin(&mut out);
/// object.string("op", "u").number("ts_ms", 17).null("transaction");
/// object.end();
/// assert_eq!(out, br#"{"op":"u","ts_ms":17,"transaction":null}"#);
/// ```
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Begins an object.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// Appends a name and gives what its value is to be appended to.
    pub fn value(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(if self.is_empty { b"\"" } else { b",\"" });
        self.is_empty = false;
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A member whose value is JSON already.
    pub fn raw(&mut self, name: &str, json: &[u8]) -> &mut Self {
        self.value(name).extend_from_slice(json);
        self
    }

    /// A string.
    pub fn string(&mut self, name: &str, text: &str) -> &mut Self {
        write_string(text, self.value(name));
        self
    }

    /// A string, or null.
    pub fn optional_string(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.string(name, text),
            None => self.null(name),
        }
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, number: impl itoa::Integer) -> &mut Self {
        self.raw(name, itoa::Buffer::new().format(number).as_bytes())
    }

    /// A whole number, or null.
    pub fn optional_number(&mut self, name: &str, number: Option<impl itoa::Integer>) -> &mut Self {
        match number {
            Some(number) => self.number(name, number),
            None => self.null(name),
        }
    }

    /// A whole number in quotes.
    pub fn number_text(&mut self, name: &str, number: impl itoa::Integer) -> &mut Self {
        let out = self.value(name);
        out.push(b'"');
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.push(b'"');
        self
    }

    /// True or false.
    pub fn boolean(&mut self, name: &str, value: bool) -> &mut Self {
        self.raw(name, if value { b"true" } else { b"false" })
    }

    /// Null.
    pub fn null(&mut self, name: &str) -> &mut Self {
        self.raw(name, b"null")
    }

    /// Ends the object.
    pub fn end(self) {
        self.out.push(b'}');
    }
}

/// Appends an array of strings.
pub fn write_strings<'t>(texts: impl IntoIterator<Item = &'t str>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (i, text) in texts.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(text, out);
    }
    out.push(b']');
}
