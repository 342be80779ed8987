"""From decisions to positions and wealth: the Backtrader engine and the plain bar-by-bar one."""
