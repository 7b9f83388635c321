//! What would have to be changed: each edit as lines of the model, as commands of the AWS CLI and as Terraform, and what
//! else it opens and closes.

mod json;
mod text;

pub use json::{RepairView, view};
pub use text::{lines, short};
