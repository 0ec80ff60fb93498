"""Order, dispatch, accept, complete, rate; nothing is lost or rewritten."""
