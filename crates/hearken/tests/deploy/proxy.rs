//! The Caddyfile. `caddy validate` reads it where it is installed (scripts/check-deploy.sh); here it is compared with the
//! rest.

use crate::file;

/// Where it sends people.
pub(crate) fn upstreams() -> Vec<String> {
    let text = file("deploy/Caddyfile");
    let line = text.lines().find_map(|line| line.trim().strip_prefix("reverse_proxy "));
    let line = line.expect("it is a proxy").trim_end_matches('{');
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn nobody_is_bound_to_a_node_and_operators_paths_stay_inside() {
    let text = file("deploy/Caddyfile");
    let policy = text.lines().find_map(|line| line.trim().strip_prefix("lb_policy ")).expect("one is set");
    // The others of Caddy's policies bind people by address, cookie, header, path or query.
    assert!(["least_conn", "random", "round_robin"].contains(&policy), "{policy}");
    let inside = text.lines().find_map(|line| line.trim().strip_prefix("@inside path ")).expect("a matcher");
    for path in ["/metrics", "/healthz", "/readyz", "/dev/*"] {
        assert!(inside.split(' ').any(|named| named == path), "{path}");
    }
}
