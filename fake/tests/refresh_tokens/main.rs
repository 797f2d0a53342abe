//! Refresh tokens of versions 1 and 2: their formats, who issues them, reuse, and the headers that tell of them.

mod format;
mod issued;
mod mfa;
mod reuse_random;
mod reuse_signed;
mod upgrade;
mod world;
