"""The families of networks: windows `[rows, time, features]` of numbers without unit in, `[rows, 1]` out."""
from torch import Tensor, nn, zeros


class MLP(nn.Module):
    """Layers over all bars of a window at once."""

    def __init__(self, time: int, features: int, hidden: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Flatten()]
        for number in range(layers):
            parts += [nn.Linear(time * features if number == 0 else hidden, hidden), nn.ReLU(), nn.Dropout(dropout)]
        self.net = nn.Sequential(*parts, nn.Linear(hidden, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class LSTM(nn.Module):
    """Long short-term memory over the bars; the last state is read out. Hochreiter, Schmidhuber, 1997."""

    def __init__(self, time: int, features: int, hidden: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0)
        self.drop, self.out = nn.Dropout(dropout), nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.drop(self.lstm(x)[0][:, -1]))


class CNNLSTM(nn.Module):
    """Convolutions over three bars each, then an LSTM over what they find."""

    def __init__(self, time: int, features: int, hidden: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(features, hidden, 3, padding=1)
        self.lstm = nn.LSTM(hidden, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0)
        self.drop, self.out = nn.Dropout(dropout), nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        found = self.convolution(x.transpose(1, 2)).relu().transpose(1, 2)
        return self.out(self.drop(self.lstm(found)[0][:, -1]))


class Transformer(nn.Module):
    """An encoder of attention over the bars, each with a learned place; the newest is read out. Vaswani and others, 2017."""

    def __init__(self, time: int, features: int, hidden: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.enter, self.place = nn.Linear(features, hidden), nn.Parameter(zeros(time, hidden))
        layer = nn.TransformerEncoderLayer(hidden, heads, 2 * hidden, dropout, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.encoder(self.enter(x) + self.place)[:, -1])


FAMILIES = {"mlp": MLP, "lstm": LSTM, "cnn_lstm": CNNLSTM, "transformer": Transformer}
