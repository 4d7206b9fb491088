//! Tests of the wire types, their descriptors, their JSON and their canonical encoding.

mod amino;
mod cosmos_types;
mod descriptors;
mod entropy;
mod json;
mod strict;
mod strict_laws;
mod typed;
