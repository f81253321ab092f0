"""How far the close moved over a number of bars."""
from penstock_plugin import Indicator, run

import example_move


class ExampleMove(Indicator):
    descriptor = {
        "kind": "indicator", "name": "example_move", "version": "0.1.0", "stability": "experimental",
        "summary": "How far the close moved over a number of bars.",
        "options": [{"name": "period", "type": "integer", "minimum": 1, "maximum": 10000, "default": 10, "unit": "bars",
                     "summary": "Bars the move is measured over."}],
        "outputs": [{"name": "value", "unit": "quote currency",
                     "summary": "Close minus the close that many bars before."}],
    }

    def __init__(self, options, host):
        super().__init__(options, host)
        self.warm_up = options["period"] + 1

    def fresh(self):
        return []

    def update_run(self, state, bars):
        values, refused = example_move.moves(state, bars.close.tolist(), self.options["period"])
        return [values], refused

    def restore(self, data):
        return example_move.restored(data, self.options["period"])


if __name__ == "__main__":
    run(ExampleMove)
