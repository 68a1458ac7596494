//! The import structure of both crates.
//!
//! The tables of imports in ARCHITECTURE.md are the data of this test. Each line has a module and
//! the modules that it may import. The test reads the imports from the sources (`use` declarations
//! and qualified paths, without unit tests) and compares them with the tables.
//!
//! Each module of the tables is also on a row of the map of its crate, in the same document.
//!
//! Files must not import each other in a circle, except a parent and its own children, and the
//! files of one aggregate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// A module's path below the crate root, such as `["tools", "users"]`; empty for `lib.rs`.
type Module = Vec<String>;

/// The imports of one crate: the module of each file, and the modules that it imports.
struct Crate {
    imports: BTreeMap<Module, BTreeSet<Module>>,
}

impl Crate {
    /// Reads all files below `folder`, such as `emulator/src`.
    fn read(folder: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut sources = BTreeMap::new();
        read_sources(&root, &root, &mut sources);
        leave_out_test_files(&mut sources);
        let imports = sources
            .iter()
            .map(|(module, source)| {
                let paths = paths(source);
                let imported = paths
                    .iter()
                    .filter_map(|path| resolve(module, path, &sources))
                    .filter(|imported| imported != module);
                // A parent can use its children without `use`.
                let is_child =
                    |other: &&Module| other.len() == module.len() + 1 && other.starts_with(module);
                let children = sources.keys().filter(is_child).cloned();
                (module.clone(), imported.chain(children).collect())
            })
            .collect();
        Self { imports }
    }

    /// The imports between top-level modules, as in the tables.
    fn by_top_level_module(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut table: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, imported) in &self.imports {
            let Some(from) = module.first() else {
                continue;
            };
            let row = table.entry(from.clone()).or_default();
            row.extend(imported.iter().map(|imported| top_level(imported)));
            row.remove(from);
        }
        table
    }

    /// The circles between files, each as a list of paths such as `state/pool`.
    ///
    /// An import of a parent is not counted, because a parent imports its children. A circle whose
    /// files are all in the folder `aggregate` is not counted either.
    fn circles_between_files(&self, aggregate: Option<&str>) -> Vec<String> {
        let graph: BTreeMap<Module, BTreeSet<Module>> = self
            .imports
            .iter()
            .map(|(module, imported)| {
                let imported = imported.iter();
                let others = imported.filter(|imported| !module.starts_with(imported));
                (module.clone(), others.cloned().collect())
            })
            .collect();
        let is_aggregate =
            |module: &Module| aggregate.is_some_and(|folder| top_level(module) == folder);
        circles(&graph)
            .iter()
            .filter(|circle| !circle.iter().all(is_aggregate))
            .map(|circle| {
                let files: Vec<String> = circle.iter().map(|module| module.join("/")).collect();
                files.join(", ")
            })
            .collect()
    }

    /// The circles between top-level modules, each as a list of names. The crate root is not
    /// counted, because it is the parent of all modules.
    fn circles_between_folders(&self) -> Vec<String> {
        let mut table = self.by_top_level_module();
        for imported in table.values_mut() {
            imported.remove("lib");
        }
        let circles = circles(&table);
        circles.iter().map(|circle| circle.join(", ")).collect()
    }
}

/// The circles of a graph: sorted sets of nodes that can all reach each other.
fn circles<Node: Ord + Clone>(graph: &BTreeMap<Node, BTreeSet<Node>>) -> BTreeSet<Vec<Node>> {
    let reached: BTreeMap<&Node, BTreeSet<&Node>> = graph
        .keys()
        .map(|start| {
            let mut reached = BTreeSet::new();
            let mut open: Vec<&Node> = graph[start].iter().collect();
            while let Some(node) = open.pop() {
                if reached.insert(node) {
                    open.extend(graph.get(node).into_iter().flatten());
                }
            }
            (start, reached)
        })
        .collect();
    let leads = |from: &Node, to: &Node| reached.get(from).is_some_and(|nodes| nodes.contains(to));
    graph
        .keys()
        .filter(|node| leads(node, node))
        .map(|node| {
            let others = graph.keys().filter(|other| leads(node, other));
            others.filter(|other| leads(other, node)).cloned().collect()
        })
        .collect()
}

fn top_level(module: &[String]) -> String {
    module
        .first()
        .map_or_else(|| "lib".to_owned(), ToOwned::to_owned)
}

/// Reads the sources in `folder` by module, without comments and unit tests.
fn read_sources(root: &Path, folder: &Path, sources: &mut BTreeMap<Module, String>) {
    static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new("(?m)//.*$").unwrap());
    static UNIT_TESTS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^#\[cfg\((?:all\()?test\b.*\n(?:#\[.*\n)*mod \w+ \{").unwrap()
    });
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(root, &path, sources);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("main.rs") {
            continue;
        }
        let module = path.strip_prefix(root).unwrap().with_extension("");
        let mut module: Module = module
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        if module == ["lib"] {
            module.clear();
        }
        let source = fs::read_to_string(&path).unwrap();
        let source = UNIT_TESTS.splitn(&source, 2).next().unwrap_or_default();
        sources.insert(module, COMMENT.replace_all(source, "").into_owned());
    }
}

/// Removes the files of modules that exist only in tests, with their child modules.
fn leave_out_test_files(sources: &mut BTreeMap<Module, String>) {
    static TEST_FILE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^#\[cfg\((?:all\()?test\b.*\n(?:pub(?:\([a-z]+\))? )?mod (\w+);").unwrap()
    });
    let mut test_files = Vec::new();
    for (module, source) in sources.iter() {
        for found in TEST_FILE.captures_iter(source) {
            test_files.push([module.as_slice(), &[found[1].to_owned()]].concat());
        }
    }
    let is_of_tests = |module: &Module| test_files.iter().any(|file| module.starts_with(file));
    sources.retain(|module, _| !is_of_tests(module));
}

/// The paths in `source`: each item of its `use` declarations, and each qualified path that begins
/// with `crate`, `super` or `self`.
fn paths(source: &str) -> Vec<Vec<String>> {
    static USE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*(?:pub(?:\([a-z]+\))?\s+)?use\s+([\w:{},*\s]+);").unwrap()
    });
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").unwrap());
    let mut paths = Vec::new();
    for declaration in USE.captures_iter(source) {
        expand("", &declaration[1], &mut paths);
    }
    let rest = USE.replace_all(source, "");
    paths.extend(PATH.find_iter(&rest).map(|path| path.as_str().to_owned()));
    paths
        .iter()
        .map(|path| {
            let segments = path.split("::").map(str::trim);
            segments
                .map(|segment| segment.split_whitespace().next().unwrap_or_default())
                .map(ToOwned::to_owned)
                .collect()
        })
        .collect()
}

/// Expands a `use` tree, such as `crate::{error, tools::{self, Tool}}`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        if !tree.is_empty() {
            paths.push(format!("{prefix}{tree}"));
        }
        return;
    };
    let prefix = format!("{prefix}{}", &tree[..open]);
    let close = tree.rfind('}').unwrap_or(tree.len());
    let inner = &tree[open + 1..close];
    let (mut depth, mut begin) = (0, 0);
    for (index, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inner[begin..index], paths);
                begin = index + 1;
            }
            _ => {}
        }
    }
    expand(&prefix, &inner[begin..], paths);
}

/// The file that declares `path` as it is written in `module`; `None` for other crates.
fn resolve(module: &Module, path: &[String], sources: &BTreeMap<Module, String>) -> Option<Module> {
    let mut segments = path.iter().peekable();
    let mut found: Module = match segments.peek()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.clone(),
        _ => {
            let child: Module = module.iter().chain([&path[0]]).cloned().collect();
            return sources.contains_key(&child).then_some(child);
        }
    };
    for segment in segments {
        match segment.as_str() {
            "crate" | "self" => {}
            "super" => drop(found.pop()),
            name => {
                found.push(name.to_owned());
                if !sources.contains_key(&found) {
                    found.pop();
                    break;
                }
            }
        }
    }
    sources.contains_key(&found).then_some(found)
}

/// The text of ARCHITECTURE.md.
fn architecture() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    fs::read_to_string(page).unwrap()
}

/// The modules on the rows of a map: the section with the title `title`, whose rows begin with names
/// such as `world.rs`, `world/`.
fn mapped(page: &str, title: &str) -> BTreeSet<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`(\w+)(?:\.rs|/)").unwrap());
    let (_, map) = page.split_once(title).expect("the map is in the page");
    let rows = map
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| `"));
    let places = rows.filter_map(|row| row.split('|').nth(1));
    places
        .flat_map(|places| NAME.captures_iter(places))
        .map(|name| name[1].to_owned())
        .collect()
}

/// The table in ARCHITECTURE.md for the crate in `folder`. It is a fenced block whose first line is
/// `imports of FOLDER`, followed by lines such as `tools → call, error`.
fn documented(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let page = architecture();
    let begin = format!("```text\nimports of {folder}\n");
    let (_, table) = page.split_once(&begin).expect("the table is in the page");
    let (table, _) = table.split_once("\n```").expect("the table ends");
    let mut rows = BTreeMap::new();
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        let (module, imported) = line.split_once('→').expect("a line is `module → modules`");
        let imported = imported.split(',').map(|name| name.trim().to_owned());
        let imported: BTreeSet<String> = imported.filter(|name| name != "nothing").collect();
        rows.insert(module.trim().to_owned(), imported);
    }
    rows
}

fn matches_architecture(folder: &str) {
    let actual = Crate::read(folder).by_top_level_module();
    let table = documented(folder);
    let shown: Vec<String> = actual
        .iter()
        .map(|(module, imported)| {
            let imported: Vec<&str> = imported.iter().map(String::as_str).collect();
            let imported = match imported.as_slice() {
                [] => "nothing".to_owned(),
                names => names.join(", "),
            };
            format!("{module:<10} → {imported}")
        })
        .collect();
    assert_eq!(
        table,
        actual,
        "ARCHITECTURE.md has another table than the sources of {folder}:\n{}",
        shown.join("\n")
    );
}

#[test]
fn imports_of_the_server_match_architecture() {
    matches_architecture("src");
}

#[test]
fn imports_of_the_emulator_match_architecture() {
    matches_architecture("emulator/src");
}

#[test]
fn every_module_is_on_the_map() {
    let page = architecture();
    for (folder, title) in [
        ("src", "## Map of the server\n"),
        ("emulator/src", "## Map of the emulator\n"),
    ] {
        let mapped = mapped(&page, title);
        // The entry points of the fuzz targets are in `fuzz/`, and of no user.
        let without_row: Vec<String> = documented(folder)
            .into_keys()
            .filter(|module| module != "fuzzing" && !mapped.contains(module))
            .collect();
        assert!(
            without_row.is_empty(),
            "modules of {folder} are on no row of the map in ARCHITECTURE.md: {without_row:?}"
        );
    }
}

#[test]
fn rows_of_a_map_are_read() {
    let page = "## Map\n\n| folder | content |\n| --- | --- |\n| `a.rs`, `b/` | `c.rs` |\n\
                | `d/e.rs` | |\n- `f.rs`\n## Next\n| `g.rs` | |\n";
    assert_eq!(
        mapped(page, "## Map\n"),
        ["a", "b", "d"].map(ToOwned::to_owned).into()
    );
}

/// Fails if files in `folder` import each other in a circle, except a parent with its own children
/// and the files of the folder `aggregate`.
fn has_no_circles(folder: &str, aggregate: Option<&str>) {
    let files = Crate::read(folder);
    let found = files.circles_between_files(aggregate);
    assert!(
        found.is_empty(),
        "files of {folder} import each other in a circle: {found:#?}"
    );
}

/// Fails if top-level modules in `folder` import each other in a circle.
fn has_no_circles_between_modules(folder: &str) {
    let found = Crate::read(folder).circles_between_folders();
    assert!(
        found.is_empty(),
        "modules of {folder} import each other in a circle: {found:#?}"
    );
}

#[test]
fn the_emulator_has_no_circles_of_imports() {
    has_no_circles("emulator/src", Some("state"));
    has_no_circles_between_modules("emulator/src");
}

#[test]
fn the_server_has_no_circles_of_imports() {
    has_no_circles("src", None);
}

#[test]
fn circles_are_found() {
    let imports: [(&str, &[&str]); 7] = [
        ("a", &["a/b"]),
        ("a/b", &["a", "c"]),
        ("c", &[]),
        ("d/e", &["d/f"]),
        ("d/f", &["d/e"]),
        ("g/h", &["i"]),
        ("i", &["g/k"]),
    ];
    let module = |path: &str| path.split('/').map(ToOwned::to_owned).collect::<Module>();
    let imports = imports.iter().map(|(importing, imported)| {
        let imported = imported.iter().map(|path| module(path));
        (module(importing), imported.collect())
    });
    let files = Crate {
        imports: imports.collect(),
    };
    assert_eq!(files.circles_between_files(None), ["d/e, d/f"]);
    assert_eq!(files.circles_between_files(Some("d")), Vec::<String>::new());
    assert_eq!(files.circles_between_folders(), ["g, i"]);
}

#[test]
fn imports_are_read_in_every_form() {
    let sources: BTreeMap<Module, String> = ["a", "a/b", "c", "d"]
        .iter()
        .map(|path| {
            (
                path.split('/').map(ToOwned::to_owned).collect(),
                String::new(),
            )
        })
        .collect();
    let module = vec!["a".to_owned(), "b".to_owned()];
    let imported = |source: &str| -> Vec<String> {
        let found = paths(source);
        let found = found
            .iter()
            .filter_map(|path| resolve(&module, path, &sources));
        found.map(|module| module.join("/")).collect()
    };
    assert_eq!(imported("use crate::c::Thing;"), ["c"]);
    assert_eq!(
        imported("use crate::{c::{self, Thing as Other}, d};"),
        ["c", "c", "d"]
    );
    assert_eq!(imported("use super::Parent;"), ["a"]);
    assert_eq!(imported("use std::fmt;"), Vec::<String>::new());
    assert_eq!(imported("fn f() { crate::d::g(); }"), ["d"]);
}
