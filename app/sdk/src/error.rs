//! Errors as the outside sees them: a codespace, a code fixed for ever, and a text for people.
//!
//! Codes enter the results hash of a block, texts do not. Each module has one enum that implements [`ModuleError`];
//! [`Sdk`] holds the codes that the Cosmos SDK gave to the codespace `sdk`, on which clients match.

use std::fmt::Display;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a failed transaction, query or block hook answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Error {
    pub codespace: &'static str,
    pub code: u32,
    pub text: String,
}

/// One enum per module: `CODESPACE` is the module's name, `code` a number that never changes its meaning.
pub trait ModuleError: Display {
    const CODESPACE: &'static str;
    fn code(&self) -> u32;
}

impl<E: ModuleError> From<E> for Error {
    fn from(error: E) -> Self {
        Error { codespace: E::CODESPACE, code: error.code(), text: error.to_string() }
    }
}

/// Codespace `sdk`: numbers and leading words as in cosmos-sdk `types/errors/errors.go`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Sdk {
    #[error("{0}: tx parse error")]
    TxDecode(String),
    #[error("{0}: unauthorized")]
    Unauthorized(String),
    #[error("{0}: insufficient funds")]
    InsufficientFunds(String),
    #[error("{0}: unknown request")]
    UnknownRequest(String),
    #[error("{0}: invalid address")]
    InvalidAddress(String),
    #[error("{0}: invalid pubkey")]
    InvalidPubKey(String),
    #[error("{0}: unknown address")]
    UnknownAddress(String),
    #[error("{0}: invalid coins")]
    InvalidCoins(String),
    #[error("{0}: out of gas")]
    OutOfGas(String),
    #[error("{0}: memo too large")]
    MemoTooLarge(String),
    #[error("{0}: insufficient fee")]
    InsufficientFee(String),
    #[error("{0}: maximum number of signatures exceeded")]
    TooManySignatures(String),
    #[error("{0}: no signatures supplied")]
    NoSignatures(String),
    #[error("{0}: invalid request")]
    InvalidRequest(String),
    #[error("{0}: tx too large")]
    TxTooLarge(String),
    #[error("{0}: key not found")]
    KeyNotFound(String),
    #[error("{0}: invalid height")]
    InvalidHeight(String),
    #[error("{0}: invalid type")]
    InvalidType(String),
    #[error("{0}: tx timeout height")]
    TxTimeoutHeight(String),
    #[error("{0}: incorrect account sequence")]
    WrongSequence(String),
    #[error("{0}: internal logic error")]
    Logic(String),
    #[error("{0}: feature not supported")]
    NotSupported(String),
    #[error("{0}: not found")]
    NotFound(String),
    #[error("{0}: internal i/o error")]
    Io(String),
    #[error("{0}: invalid gas limit")]
    InvalidGasLimit(String),
}

impl ModuleError for Sdk {
    const CODESPACE: &'static str = "sdk";
    fn code(&self) -> u32 {
        match self {
            Sdk::TxDecode(_) => 2,
            Sdk::Unauthorized(_) => 4,
            Sdk::InsufficientFunds(_) => 5,
            Sdk::UnknownRequest(_) => 6,
            Sdk::InvalidAddress(_) => 7,
            Sdk::InvalidPubKey(_) => 8,
            Sdk::UnknownAddress(_) => 9,
            Sdk::InvalidCoins(_) => 10,
            Sdk::OutOfGas(_) => 11,
            Sdk::MemoTooLarge(_) => 12,
            Sdk::InsufficientFee(_) => 13,
            Sdk::TooManySignatures(_) => 14,
            Sdk::NoSignatures(_) => 15,
            Sdk::InvalidRequest(_) => 18,
            Sdk::TxTooLarge(_) => 21,
            Sdk::KeyNotFound(_) => 22,
            Sdk::InvalidHeight(_) => 26,
            Sdk::InvalidType(_) => 29,
            Sdk::TxTimeoutHeight(_) => 30,
            Sdk::WrongSequence(_) => 32,
            Sdk::Logic(_) => 35,
            Sdk::NotSupported(_) => 37,
            Sdk::NotFound(_) => 38,
            Sdk::Io(_) => 39,
            Sdk::InvalidGasLimit(_) => 41,
        }
    }
}

impl From<aliquot_store::Error> for Error {
    fn from(error: aliquot_store::Error) -> Self {
        Sdk::Io(error.to_string()).into()
    }
}

impl Error {
    /// Reading state failed below us: this node must stop rather than go on with a different answer than others.
    pub fn is_io(&self) -> bool {
        self.codespace == Sdk::CODESPACE && self.code == 39
    }

    pub fn is_out_of_gas(&self) -> bool {
        self.codespace == Sdk::CODESPACE && self.code == 11
    }

    /// Says of an error in which message it came up; without gas it is the transaction that ends.
    pub fn in_message(mut self, index: usize) -> Self {
        if !self.is_out_of_gas() {
            self.text = format!("failed to execute message; message index: {index}: {}", self.text);
        }
        self
    }
}

/// `ensure(cond, || error)?`: a check that reads as a sentence.
pub fn ensure<E: Into<Error>>(holds: bool, error: impl FnOnce() -> E) -> Result<()> {
    if holds { Ok(()) } else { Err(error().into()) }
}
