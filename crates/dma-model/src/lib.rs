//! The strict model.
