//! What Go makes of a field beyond its protobuf type, read once from the `gogoproto` options.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};

use crate::descriptors;

/// How the text of a scalar field differs from the protobuf standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Scalar {
    #[default]
    Plain,
    /// `math.Int`: a decimal integer, never empty.
    Int,
    /// `math.LegacyDec`: the wire has the integer of 10^-18 units.
    Dec,
    /// Bytes that are JSON themselves.
    InlineJson,
    /// Bytes in upper-case hex.
    Hex,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Form {
    pub(super) scalar: Scalar,
    /// Go holds the field by value: when it is not set, its zero value is printed.
    pub(super) by_value: bool,
}

/// The form of a field. Almost all have the default one.
pub(super) fn of(field: &FieldDescriptor) -> Form {
    static FORMS: LazyLock<BTreeMap<String, Form>> = LazyLock::new(|| {
        descriptors()
            .all_messages()
            .flat_map(|message| message.fields().collect::<Vec<_>>())
            .filter_map(|field| {
                let form = read(&field);
                (form != Form::default()).then(|| (field.full_name().to_owned(), form))
            })
            .collect()
    });
    FORMS.get(field.full_name()).copied().unwrap_or_default()
}

fn read(field: &FieldDescriptor) -> Form {
    let options = field.options();
    let gogo = |name| option(&options, &format!("gogoproto.{name}"));
    let nullable = gogo("nullable").and_then(|value| value.as_bool()).unwrap_or(true);
    let text = |name| gogo(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let scalar = match (text("customtype").as_str(), text("casttype").as_str(), field.kind()) {
        ("cosmossdk.io/math.Int", _, _) => Scalar::Int,
        ("cosmossdk.io/math.LegacyDec", _, _) => Scalar::Dec,
        (_, "RawContractMessage", Kind::Bytes) => Scalar::InlineJson,
        (_, cast, Kind::Bytes) if cast.ends_with(".HexBytes") => Scalar::Hex,
        _ => Scalar::Plain,
    };
    Form { scalar, by_value: !nullable }
}

/// The value of an option of a field or a message, by its full name.
pub(crate) fn option(options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = descriptors().get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}
