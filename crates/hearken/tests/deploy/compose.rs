//! compose.yaml: two nodes that differ in nothing but their own folder, and what they stand on.

use yaml_rust2::{Yaml, YamlLoader};

use crate::{PORT, file, settings_of};

/// The document, with what an operator puts into `.env`.
pub(crate) fn compose() -> Yaml {
    let text = file("deploy/compose.yaml");
    let mut documents = YamlLoader::load_from_str(&text).expect("YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

/// A field of a service, its own or taken over by `<<`.
fn field<'a>(service: &'a Yaml, name: &str) -> &'a Yaml {
    let own = &service[name];
    if own.is_badvalue() { &service["<<"][name] } else { own }
}

/// A value as compose fills it in: `${NAME:-default}` and `${NAME:?what to do}`.
fn filled(value: &str) -> String {
    let mut rest = value;
    let mut whole = String::new();
    while let Some((before, after)) = rest.split_once("${") {
        let (inside, after) = after.split_once('}').expect("it is closed");
        let filled = inside.split_once(":-").map_or("filled", |(_, default)| default);
        whole.push_str(before);
        whole.push_str(filled);
        rest = after;
    }
    whole + rest
}

fn strings(list: &Yaml) -> Vec<&str> {
    list.as_vec().expect("a list").iter().map(|item| item.as_str().expect("text")).collect()
}

/// Everything that is a node: what runs our image.
pub(crate) fn nodes(compose: &Yaml) -> Vec<(&str, &Yaml)> {
    let services = compose["services"].as_hash().expect("services").iter();
    let named = services.map(|(name, service)| (name.as_str().expect("a name"), service));
    named.filter(|(_, service)| field(service, "image").as_str() == Some("hearken")).collect()
}

#[test]
fn nodes_have_settings_that_this_version_takes() {
    let compose = compose();
    let nodes = nodes(&compose);
    assert_eq!(nodes.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["node-a", "node-b"]);
    for (name, node) in nodes {
        let variables = field(node, "environment").as_hash().expect("variables").iter();
        let variables = variables
            .map(|(name, value)| (name.as_str().expect("a name"), filled(value.as_str().expect("text"))));
        let variables: Vec<_> = variables.collect();
        let settings = settings_of(variables.iter().map(|(name, value)| (*name, value.as_str())));
        // Each address leads to a service that is there.
        let places = [
            settings.database_url.expect("set").place().to_owned(),
            settings.bus_url.expect("set").place().to_owned(),
        ];
        assert_eq!(places, ["postgres:5432", "nats:4222"], "{name}");
        let subnet =
            compose["networks"]["inside"]["ipam"]["config"][0]["subnet"].as_str().expect("a network");
        assert_eq!(settings.trusted_proxies, [subnet.parse().expect("a network")], "{name}");
    }
}

#[test]
fn nodes_may_do_little_and_keep_apart_what_is_their_own() {
    let compose = compose();
    let mut own = Vec::new();
    for (name, node) in nodes(&compose) {
        assert_eq!(field(node, "read_only").as_bool(), Some(true), "{name}");
        assert_eq!(strings(field(node, "cap_drop")), ["ALL"], "{name}");
        assert_eq!(strings(field(node, "security_opt")), ["no-new-privileges:true"], "{name}");
        assert!(field(node, "ports").is_badvalue(), "{name} is reached through the proxy");
        assert_eq!(strings(field(node, "networks")), ["inside"], "{name}");
        let volumes = strings(field(node, "volumes"));
        own.push(volumes.iter().find(|volume| volume.ends_with(":/var/lib/hearken")).copied().expect("one"));
        assert!(volumes.contains(&"attachments:/var/lib/hearken-attachments"), "{name}");
    }
    own.dedup();
    assert_eq!(own.len(), 2, "{own:?}");
}

#[test]
fn what_is_named_is_declared() {
    let compose = compose();
    let services = compose["services"].as_hash().expect("services");
    for (name, service) in services {
        let name = name.as_str().expect("a name");
        if let Some(volumes) = field(service, "volumes").as_vec() {
            let sources = volumes.iter().filter_map(|volume| volume.as_str()?.split(':').next());
            for volume in sources.filter(|source| !source.starts_with('.')) {
                assert!(!compose["volumes"][volume].is_badvalue(), "{name}: {volume}");
            }
        }
        for network in strings(field(service, "networks")) {
            assert!(!compose["networks"][network].is_badvalue(), "{name}: {network}");
        }
        let needs = field(service, "depends_on");
        let listed = needs.as_vec().into_iter().flatten().filter_map(Yaml::as_str);
        let mapped = needs.as_hash().into_iter().flat_map(|map| map.keys()).filter_map(Yaml::as_str);
        for needed in listed.chain(mapped) {
            assert!(!compose["services"][needed].is_badvalue(), "{name} needs {needed}");
        }
    }
    // Whoever is waited for until he is well says when he is.
    assert!(compose["services"]["postgres"]["healthcheck"]["test"].is_array());
}

#[test]
fn the_proxy_knows_every_node_by_name_and_port() {
    let compose = compose();
    let upstreams = crate::proxy::upstreams();
    let nodes = nodes(&compose);
    let expected: Vec<_> = nodes.iter().map(|(name, _)| format!("{name}:{PORT}")).collect();
    assert_eq!(upstreams, expected);
}
