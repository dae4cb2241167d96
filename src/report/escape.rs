//! Hostile text made safe for each place it may stand in. Model output, file names, ids and prompts all come through here.
