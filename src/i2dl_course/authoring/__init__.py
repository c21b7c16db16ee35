"""From what authors edit (notebooks/, instructor/solution/) to what students get."""
