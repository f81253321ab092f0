/// The statistic of Diebold and Mariano over the differences of two losses by event time.
enum LossDifference {
    /// Returns the mean over its standard error; `nil` where that is 0 or no number. The variance has Bartlett's weights over the
    /// horizon, since labels overlap.
    static func statistic(_ differences: [Double], horizon: Int) -> Double? {
        let mean = differences.mean
        let centred = differences.map { $0 - mean }
        var variance = 0.0
        for lag in 0..<horizon {
            let products = zip(centred, centred.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 }
            variance += (lag == 0 ? 1 : 2 * (1 - Double(lag) / Double(horizon))) * products
        }
        let count = Double(differences.count)
        let statistic = mean / (variance / count / count).squareRoot()
        return variance > 0 && statistic.isFinite ? statistic : nil
    }
}
