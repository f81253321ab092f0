import PluginKit

/// A pattern of the last bars. A family of them is one file: what each is called, how many bars it needs, a function.
struct CandleShape: Sendable {
    /// The word in the option `pattern`, and the output.
    let name: String
    /// Bars before the first value, those of the means among them; as TA-Lib has it.
    let warmUpLength: Int
    let summary: String
    /// 100 or -100 where the newest bar completes it (80 and 200 as the summary says), else 0.
    let value: @Sendable (CandleWindow) -> Double
    /// What it reads beside prices.
    let measures: CandleColumns.Measures

    init(
        _ name: String, _ warmUpLength: Int, _ summary: String, _ measures: CandleColumns.Measures,
        _ value: @escaping @Sendable (CandleWindow) -> Double
    ) {
        self.name = name
        self.warmUpLength = warmUpLength
        self.summary = summary
        self.measures = measures
        self.value = value
    }

    /// All of them, family by family.
    static let all = singles + hammers + pairs + stars + triples + gaps + falseBreaks
}
