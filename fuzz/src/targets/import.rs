//! Files of import jobs, and the password hashes in them.
//!
//! The first line of an input is the job's algorithm, the rest is the file.

use cognito_emulator::auth::password_hash::{Algorithm, ImportedHash};
use cognito_emulator::settings::schema::Schema;
use cognito_emulator::state::import::file::{PASSWORD_HASH, Rows, header};

/// Checks that rows come in order, and that no value spans lines.
pub(crate) fn run(data: &[u8]) {
    let split = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let (first, file) = data.split_at(split);
    let file = file.get(1..).unwrap_or_default();
    let algorithm = crate::text(first).filter(|name| Algorithm::of(name).is_some());
    let schema = Schema::of_pool(Vec::new()).expect("no attributes are valid attributes");
    // Inputs in the corpus have the placeholder `$header`, because the header
    // would be most of each input.
    let columns = header(&schema).join(",");
    let file = crate::text(file).map(|text| text.replacen("$header", &columns, 1).into_bytes());
    let Some(file) = file else {
        return;
    };
    let Ok(rows) = Rows::read(&file, &schema, algorithm) else {
        return;
    };
    let lines = file.split(|byte| *byte == b'\n').count();
    let mut last = 1;
    for row in rows {
        assert!(
            row.number > last && row.number <= lines,
            "row {} of {lines}",
            row.number
        );
        last = row.number;
        let Ok(values) = row.values else {
            continue;
        };
        let algorithm = row.algorithm.and_then(Algorithm::of);
        for (column, value) in &values.0 {
            assert!(!value.contains('\n'), "{column}");
            if column == PASSWORD_HASH
                && let Some(algorithm) = algorithm
            {
                let _ = ImportedHash::read(algorithm, value);
            }
        }
    }
}
