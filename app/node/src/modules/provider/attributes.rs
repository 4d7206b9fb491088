//! Attributes: what may stand in state, and when those that someone has are those that someone asks for.

use aliquot_proto::provider::v1::Attribute;

const MAX_ATTRIBUTES: usize = 64;
const MAX_BYTES: usize = 128;

/// What keeps a list from standing in state, in words: it is too long, or a key or value is empty or too long.
pub fn problem(attributes: &[Attribute]) -> Option<&'static str> {
    let fits = |text: &str| (1..=MAX_BYTES).contains(&text.len());
    if attributes.len() > MAX_ATTRIBUTES {
        return Some("at most 64 attributes");
    }
    let all_fit = attributes.iter().all(|attribute| fits(&attribute.key) && fits(&attribute.value));
    (!all_fit).then_some("attribute keys and values must have 1 to 128 bytes")
}

/// Whether each of the `required` attributes is among those `given`: the same key, and a value that is the same or fits
/// what the required one leaves open by `*`.
pub fn cover(given: &[Attribute], required: &[Attribute]) -> bool {
    required.iter().all(|wanted| given.iter().any(|has| has.key == wanted.key && matches(&wanted.value, &has.value)))
}

/// A `*` in the pattern stands for any text, also none. Takes time of the pattern's length times the value's at most.
pub fn matches(pattern: &str, value: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == value };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    let between = value.strip_prefix(head).and_then(|value| value.strip_suffix(tail));
    let Some(mut between) = between else { return false };
    for piece in middle.split('*') {
        // The first place is as good as any: it leaves the most for the pieces that follow.
        let Some((_, behind)) = between.split_once(piece) else { return false };
        between = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_stands_for_any_part() {
        for (pattern, value, expected) in [
            ("eu-west", "eu-west", true),
            ("eu-west", "eu-west-1", false),
            ("*", "", true),
            ("*", "anything", true),
            ("eu-*", "eu-", true),
            ("eu-*", "us-eu-", false),
            ("*-west", "eu-west", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("a*bc*c", "abc", false),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, value), expected, "{pattern:?} against {value:?}");
        }
    }

    /// The definition itself, too slow to run on a chain.
    fn by_definition(pattern: &[char], value: &[char]) -> bool {
        match (pattern, value) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=value.len()).any(|skip| by_definition(rest, &value[skip..])),
            ([a, pattern @ ..], [b, value @ ..]) => a == b && by_definition(pattern, value),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_fit_what_their_definition_says(pattern in "[ab*]{0,7}", value in "[ab]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches(&pattern, &value), by_definition(&chars(&pattern), &chars(&value)));
        }
    }
}
