//! A registry of small packages of our own, served from a folder or over HTTP.
