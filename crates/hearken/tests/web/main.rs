//! What is around everything that `hearken serve` serves over HTTP: headers, other origins, the API reference.

mod headers;
mod house;
mod nowhere;
mod reference;
