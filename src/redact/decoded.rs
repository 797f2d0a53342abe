//! Text from which escapes were removed, and where each part of it was in the text before.

use std::ops::Range;

/// A decoded text.
pub(super) struct Decoded {
    pub(super) text: String,
    /// For each byte of the decoded text, and for its end, the offset in the original text.
    offsets: Vec<usize>,
}

impl Decoded {
    /// Returns all readings of a text: as it is, and with the escapes of URLs, of HTML, and of both removed.
    pub(super) fn readings(text: &str) -> Vec<Self> {
        let plain = Self { text: text.to_owned(), offsets: (0..=text.len()).collect() };
        let url = plain.decoded('%', percent_escapes);
        let html = plain.decoded('&', html_entity);
        let url_twice = url.as_ref().and_then(|url| url.decoded('%', percent_escapes));
        let html_in_url = url.as_ref().and_then(|url| url.decoded('&', html_entity));
        let url_in_html = html.as_ref().and_then(|html| html.decoded('%', percent_escapes));
        let decoded = [url, html, url_twice, html_in_url, url_in_html];
        std::iter::once(plain).chain(decoded.into_iter().flatten()).collect()
    }

    /// Returns the place in the original text from which this part was decoded.
    pub(super) fn original(&self, part: &Range<usize>) -> Range<usize> {
        self.offsets[part.start]..self.offsets[part.end]
    }

    /// Returns the text without the escapes that start with this sign, if there are any.
    fn decoded(&self, sign: char, decode: fn(&str) -> Vec<Unescaped>) -> Option<Self> {
        let mut decoded = Self { text: String::with_capacity(self.text.len()), offsets: Vec::new() };
        let (mut at, mut is_changed) = (0, false);
        while let Some(c) = self.text[at..].chars().next() {
            let mut parts = if c == sign { decode(&self.text[at..]) } else { Vec::new() };
            is_changed |= !parts.is_empty();
            if parts.is_empty() {
                parts.push(Unescaped { text: c.to_string(), length: c.len_utf8() });
            }
            for Unescaped { text, length } in parts {
                decoded.offsets.extend(text.bytes().map(|_| self.offsets[at]));
                decoded.text.push_str(&text);
                at += length;
            }
        }
        decoded.offsets.push(self.offsets[at]);
        is_changed.then_some(decoded)
    }
}

/// A character, and the length of the escapes that stood for it.
struct Unescaped {
    text: String,
    length: usize,
}

/// Decodes the escapes of a URL or a form at the start of the text, such as `%C3%BC`. A byte that is not UTF-8 stays as
/// it is.
fn percent_escapes(text: &str) -> Vec<Unescaped> {
    let bytes: Vec<u8> = text.as_bytes().chunks_exact(3).map_while(percent_escape).collect();
    let mut parts = Vec::new();
    for chunk in bytes.utf8_chunks() {
        parts.extend(chunk.valid().chars().map(|c| Unescaped { text: c.to_string(), length: 3 * c.len_utf8() }));
        parts.extend(chunk.invalid().iter().map(|byte| Unescaped { text: format!("%{byte:02X}"), length: 3 }));
    }
    parts
}

fn percent_escape(escape: &[u8]) -> Option<u8> {
    let digits = escape.strip_prefix(b"%").filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Decodes an entity of HTML at the start of the text: `&lt;`, `&#60;`, `&#x3c;`.
fn html_entity(text: &str) -> Vec<Unescaped> {
    let name = text.strip_prefix('&').and_then(|text| text.split_once(';')).map_or("", |(name, _)| name);
    let c = entity(name).map(|c| Unescaped { text: c.to_string(), length: name.len() + 2 });
    c.into_iter().collect()
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            number.ok().and_then(char::from_u32)?
        }
    })
}
