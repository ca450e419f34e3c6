//! What an older node does about what a newer one has left.
