//! `include/afterbeep.h` is what cbindgen makes of `src/capi` today.

use std::path::Path;

#[test]
fn the_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_crate(root).with_config(config).generate().unwrap();
    let mut generated = Vec::new();
    bindings.write(&mut generated);
    let generated = without_rust_notes(&String::from_utf8(generated).unwrap());
    let generated = one_part(&one_part(&generated, "AFTERBEEP_HOSTED"), "AFTERBEEP_STORE");
    let header = root.join("include/afterbeep.h");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&header, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&header).unwrap_or_default();
    assert!(generated == committed, "the header is old; write it anew: BLESS=1 cargo test --test header");
}

#[test]
fn every_name_has_the_prefix() {
    let header = include_str!("../include/afterbeep.h");
    for line in header.lines() {
        let name = match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["#define", name, ..] => name,
            ["typedef", "struct" | "enum", name, ..] => name,
            ["enum" | "struct", name, ..] => name,
            _ => continue,
        };
        assert!(name.to_lowercase().starts_with("afterbeep_"), "{line}");
    }
}

/// Leaves out the `# Safety` sections: the C manual says the same at each parameter.
fn without_rust_notes(header: &str) -> String {
    let mut kept = Vec::new();
    let mut in_notes = false;
    for line in header.lines() {
        in_notes |= line == " * # Safety";
        if in_notes && line == " */" {
            in_notes = false;
            if kept.last() == Some(&" *") {
                kept.pop();
            }
        }
        if !in_notes {
            kept.push(line);
        }
    }
    kept.join("\n") + "\n"
}

/// cbindgen wraps each item that needs an operating system, or the store; neighbours share one `#if`.
fn one_part(header: &str, needs: &str) -> String {
    let (start, end) = (format!("#if defined({needs})"), format!("#endif /* {needs} */"));
    let mut kept: Vec<&str> = Vec::new();
    // Whether each open conditional is a hosted one, and whether its `#if` was kept.
    let mut open: Vec<(bool, bool)> = Vec::new();
    for line in header.lines() {
        if line.starts_with("#if") {
            let hosted = line == start;
            let nested = hosted && open.contains(&(true, true));
            open.push((hosted, !nested));
            if nested {
                continue;
            }
            let mut before = kept.iter().rposition(|line| !line.is_empty());
            if let Some(place) = before.take_if(|place| hosted && kept[*place] == end) {
                kept.remove(place);
                continue;
            }
        } else if line.starts_with("#endif") {
            match open.pop() {
                Some((true, true)) => {
                    kept.push(&end);
                    continue;
                }
                Some((true, false)) => continue,
                _ => {}
            }
        }
        kept.push(line);
    }
    kept.join("\n") + "\n"
}
