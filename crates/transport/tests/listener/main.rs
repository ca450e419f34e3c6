//! The listener over real connections: how many, for how long, over TLS, and to the end of a body.

mod bounds;
mod over_tls;
mod refused_bodies;
