//! What is wrong with a check file: in its order, under codes of its own.

use crate::model::{Diagnostic, Diagnostics, Severity};

/// Mistakes in the order of the file, under codes of their own: the reader's are those of models.
pub fn told(mut found: Vec<Diagnostic>) -> Diagnostics {
    for one in &mut found {
        one.code = match one.code {
            "MODEL_UNKNOWN_KEY" => "CHECK_UNKNOWN_KEY",
            "MODEL_UNKNOWN_WORD" => "CHECK_UNKNOWN_WORD",
            "MODEL_MISSING_KEY" => "CHECK_MISSING_KEY",
            "MODEL_BAD_VALUE" => "CHECK_BAD_VALUE",
            "MODEL_WRONG_TYPE" => "CHECK_WRONG_TYPE",
            "MODEL_VERSION" => "CHECK_VERSION",
            "MODEL_EMPTY" => "CHECK_EMPTY",
            "MODEL_NOT_A_MAP" => "CHECK_NOT_A_MAP",
            "MODEL_SYNTAX" => "CHECK_SYNTAX",
            "MODEL_DUPLICATE_KEY" => "CHECK_DUPLICATE_KEY",
            "MODEL_SEVERAL_DOCUMENTS" => "CHECK_SEVERAL_DOCUMENTS",
            "MODEL_NOT_UTF8" => "CHECK_NOT_UTF8",
            "MODEL_TOO_DEEP" | "MODEL_TOO_LARGE" | "MODEL_TOO_MANY_ALIASES" => "CHECK_TOO_LARGE",
            other => other,
        };
    }
    found.sort_by_cached_key(|one: &Diagnostic| {
        (
            one.severity != Severity::Error,
            one.at.as_ref().map(|at| at.location.clone()),
        )
    });
    Diagnostics(found)
}
