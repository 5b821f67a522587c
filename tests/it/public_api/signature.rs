//! Pieces of source as one line of text.

use quote::ToTokens;

/// The tokens with the spaces that a person would write.
pub(super) fn text(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string().replace('\n', " ");
    while text.contains("  ") {
        text = text.replace("  ", " ");
    }
    let tight = [
        (" ::", "::"),
        (":: ", "::"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("[ ", "["),
        (" ]", "]"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" ;", ";"),
        (" :", ":"),
        ("& ", "&"),
        (" ?", "?"),
        ("? ", "?"),
        ("! ", "!"),
        (" !", "!"),
    ];
    for (loose, close) in tight {
        text = text.replace(loose, close);
    }
    for (close, loose) in [("->(", "-> ("), ("=(", "= ("), (",(", ", ("), (":(", ": ("), ("mut(", "mut (")] {
        text = text.replace(close, loose);
    }
    text.replace(",)", ")").replace(", )", ")")
}

#[test]
fn signatures_read_as_they_are_written() {
    let written = "pub async fn read<'a, T: Into<Box<str>>>(&'a mut self, of: &[(T, u8)], f: impl Fn(u8) -> bool) \
                   -> crate::Result<Option<&'a [u8]>>";
    let item: syn::ItemFn = syn::parse_str(&format!("{written} {{}}")).expect("a function");
    assert_eq!(format!("pub {}", text(&item.sig)), written);
}
