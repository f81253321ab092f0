/// A symmetric system of equations `matrix * x = right`, given by the upper triangle of its matrix.
public struct SymmetricSystem: Sendable {
    /// `right.count * right.count` numbers, row-major; what is below the diagonal is not read.
    public var matrix: [Double]
    /// The right side.
    public var right: [Double]

    /// Takes a system.
    public init(matrix: [Double], right: [Double]) {
        self.matrix = matrix
        self.right = right
    }

    /// Adds a number to every element of the diagonal.
    public mutating func addToDiagonal(_ value: Double) {
        for i in right.indices { matrix[i * right.count + i] += value }
    }

    /// Returns the solution; `nil` where the matrix is not safely positive definite.
    public func solution() -> [Double]? {
        guard let upper = cholesky() else { return nil }
        let x = substitute(upper)
        return x.allSatisfy(\.isFinite) ? x : nil
    }

    /// Returns the solution, of a system with a larger diagonal where this one has none: 1e-10 of the mean of the diagonal
    /// is added and raised tenfold, five times at most.
    public func dampedSolution() -> [Double]? {
        let n = right.count
        var damping = (0..<n).reduce(0) { $0 + matrix[$1 * n + $1] } / Double(n) * 1e-10
        var system = self
        for _ in 0..<6 {
            if let found = system.solution() { return found }
            system.matrix = matrix
            system.addToDiagonal(damping)
            damping *= 10
        }
        return system.solution()
    }

    /// Returns `U` with `U'U = matrix`.
    private func cholesky() -> [Double]? {
        let n = right.count
        var upper = matrix
        for i in 0..<n {
            let diagonal = upper[i * n + i]
            for k in 0..<i { upper[i * n + i] -= upper[k * n + i] * upper[k * n + i] }
            guard upper[i * n + i] > diagonal * 1e-13 else { return nil }
            upper[i * n + i] = upper[i * n + i].squareRoot()
            for j in i + 1..<max(n, i + 1) {
                for k in 0..<i { upper[i * n + j] -= upper[k * n + i] * upper[k * n + j] }
                upper[i * n + j] /= upper[i * n + i]
            }
        }
        return upper
    }

    /// Solves `U'U x = right`.
    private func substitute(_ upper: [Double]) -> [Double] {
        let n = right.count
        var x = right
        for i in 0..<n {
            for k in 0..<i { x[i] -= upper[k * n + i] * x[k] }
            x[i] /= upper[i * n + i]
        }
        for i in stride(from: n - 1, through: 0, by: -1) {
            for k in i + 1..<max(n, i + 1) { x[i] -= upper[i * n + k] * x[k] }
            x[i] /= upper[i * n + i]
        }
        return x
    }
}
