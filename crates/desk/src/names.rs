//! What people are called at the desk.

use hearken_core::account::Account;

/// Name and last name (contract, "Settled details"); nothing for somebody who has neither.
pub fn full_name(account: &Account) -> Option<String> {
    let names: Vec<_> =
        [&account.name, &account.last_name].into_iter().flatten().map(String::as_str).collect();
    if names.is_empty() { None } else { Some(names.join(" ")) }
}
