//! Serves what the protocol authors' own test suites expect to find, on port 3000 or the one given:
//! `cargo run -p hearken-socketio --example echo -- 3000`.

#[path = "../tests/protocol/echo.rs"]
mod echo;

use std::time::Duration;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, echo::router(Duration::from_millis(200))).await
}
