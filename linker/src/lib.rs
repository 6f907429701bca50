//! Graph and layout to tree (pure), tree and store to node_modules.
