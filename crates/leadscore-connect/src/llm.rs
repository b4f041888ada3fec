//! Language models of vendors and of one's own machine, for the tasks of the core.
