//! How fields and messages are written, read once from the options of `amino` and `cosmos_proto`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor};

use crate::{descriptors, json::option};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    #[default]
    Plain,
    /// An empty list is `[]`.
    Coins,
    /// Bytes that are JSON themselves.
    InlineJson,
    /// `math.Int`: a decimal integer, never empty.
    Int,
    /// `math.LegacyDec`: the wire has the integer of 10^-18 units.
    Dec,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Form {
    /// The key, where it is not the field's name.
    pub(super) name: Option<String>,
    /// Written even if it is zero.
    pub(super) kept: bool,
    pub(super) encoding: Encoding,
}

static DEFAULT: Form = Form { name: None, kept: false, encoding: Encoding::Plain };

static FIELDS: LazyLock<BTreeMap<String, Form>> = LazyLock::new(|| {
    let fields = descriptors().all_messages().flat_map(|message| message.fields().collect::<Vec<_>>());
    let read = fields.map(|field| (field.full_name().to_owned(), read(&field)));
    read.filter(|(_, form)| *form != DEFAULT).collect()
});

static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let named =
        |message: MessageDescriptor| Some((message.full_name().to_owned(), text(&message.options(), "amino.name")?));
    descriptors().all_messages().filter_map(named).collect()
});

pub(super) fn of(field: &FieldDescriptor) -> &'static Form {
    FIELDS.get(field.full_name()).unwrap_or(&DEFAULT)
}

/// What stands for the type of a message: its amino name, or its type URL where it has none.
pub(super) fn type_name(full_name: &str) -> String {
    NAMES.get(full_name).cloned().unwrap_or_else(|| format!("/{full_name}"))
}

fn read(field: &FieldDescriptor) -> Form {
    let options = field.options();
    let encoding = match (text(&options, "amino.encoding").as_deref(), text(&options, "cosmos_proto.scalar").as_deref())
    {
        (Some("legacy_coins"), _) => Encoding::Coins,
        (Some("inline_json"), _) => Encoding::InlineJson,
        (_, Some("cosmos.Int")) => Encoding::Int,
        (_, Some("cosmos.Dec")) => Encoding::Dec,
        _ => Encoding::Plain,
    };
    let kept = option(&options, "amino.dont_omitempty").and_then(|value| value.as_bool()).unwrap_or_default();
    Form { name: text(&options, "amino.field_name"), kept, encoding }
}

fn text(options: &DynamicMessage, name: &str) -> Option<String> {
    option(options, name)?.as_str().map(str::to_owned)
}
