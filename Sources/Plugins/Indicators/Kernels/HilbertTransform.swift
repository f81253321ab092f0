import PluginKit
import RollingStatistics

/// Ehlers's Hilbert transform: the vector of the cycle that rules a series and its length, number by number.
struct HilbertKernel: Sendable {
    /// The longest cycle it finds.
    static let longest = 50
    /// Numbers it counts.
    private static let mostSeen = 64

    /// Numbers taken so far, no further than the longest warm-up.
    private(set) var seen = 0
    /// The last number, smoothed over four.
    private(set) var smooth = 0.0
    /// Length of the cycle, smoothed twice.
    private(set) var smoothPeriod = 0.0
    private let start: Int
    private var line = TrendLine()
    private var trend = Filter()
    private var turned = Filter()
    private var ahead = Filter()
    private var aheadTurned = Filter()
    private var detrended: [3 of Double] = .init(repeating: 0)
    private var vector = (i: 0.0, q: 0.0)
    private var product = (re: 0.0, im: 0.0)
    private var period = 0.0

    /// Creates a transform whose filters begin at a number, counted from 0: where TA-Lib begins.
    init(startingAt start: Int) { self.start = start }

    /// Whether the filters run.
    var hasBegun: Bool { seen > start }

    /// Length of the cycle in whole numbers, at most `longest`.
    var wholePeriod: Int { smoothPeriod < Double(Self.longest) ? Int(smoothPeriod + 0.5) : Self.longest }

    /// Takes a squarable number; returns the vector's parts: in phase, and a quarter of a cycle ahead.
    mutating func push(_ value: Double) -> (inPhase: Double, quadrature: Double) {
        smooth = line.push(value)
        if seen < Self.mostSeen { seen += 1 }
        guard hasBegun else { return (.nan, .nan) }
        let scale = 0.075 * period + 0.54
        let straight = trend.push(smooth, scale)
        let inPhase = detrended[2]
        detrended[2] = detrended[1]
        detrended[1] = detrended[0]
        detrended[0] = straight
        let quadrature = turned.push(straight, scale)
        let across = ahead.push(inPhase, scale)
        turn(inPhase - aheadTurned.push(quadrature, scale), quadrature + across)
        return (inPhase, quadrature)
    }

    /// Smooths the vector, and finds the period from how far it turned.
    private mutating func turn(_ inPhase: Double, _ quadrature: Double) {
        let next = (i: 0.2 * inPhase + 0.8 * vector.i, q: 0.2 * quadrature + 0.8 * vector.q)
        product.re = 0.2 * (next.i * vector.i + next.q * vector.q) + 0.8 * product.re
        product.im = 0.2 * (next.i * vector.q - next.q * vector.i) + 0.8 * product.im
        vector = next
        var found = period
        let ratio = product.im / product.re
        if ratio.isFinite, ratio != 0 { found = 360 / ratio.arcTangent.inDegrees }
        found = max(min(found, 1.5 * period), 0.67 * period)
        period = 0.2 * min(max(found, 6), Double(Self.longest)) + 0.8 * period
        smoothPeriod = 0.33 * period + 0.67 * smoothPeriod
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.count(&seen, in: 0...Self.mostSeen)
        try line.code(&state)
        for index in detrended.indices { try state.number(&detrended[index]) }
        try trend.code(&state)
        try turned.code(&state)
        try ahead.code(&state)
        try aheadTurned.code(&state)
        try state.number(&smooth)
        try state.number(&vector.i)
        try state.number(&vector.q)
        try state.number(&product.re)
        try state.number(&product.im)
        try state.number(&period, in: 0...Double(Self.longest))
        try state.number(&smoothPeriod, in: 0...Double(Self.longest))
    }

    /// A filter that turns the phase by a quarter, over seven numbers.
    private struct Filter: Sendable {
        private var past: [6 of Double] = .init(repeating: 0)

        mutating func push(_ value: Double, _ scale: Double) -> Double {
            let turned = 0.0962 * (value - past[5]) + 0.5769 * (past[1] - past[3])
            for index in (1..<6).reversed() { past[index] = past[index - 1] }
            past[0] = value
            return turned * scale
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            for index in past.indices { try state.number(&past[index]) }
        }
    }
}

/// Where in its cycle a series is.
struct CycleWave: Sendable {
    /// Place in the cycle, degrees.
    private(set) var phase = 0.0
    private(set) var sine = 0.0
    /// The sine an eighth of a cycle ahead.
    private(set) var lead = 0.0
    /// Numbers since both sines crossed.
    private var sinceCrossing = 0

    /// Takes the smoothed numbers and the cycle's length; returns whether the cycle rules and no trend.
    mutating func push(
        _ smooth: Ring, period: Int, exact: Double, _ memory: borrowing MutableSpan<Double>
    ) -> Bool {
        let before = (phase: phase, sine: sine, lead: lead)
        turn(smooth, period, exact, memory)
        sine = phase.inRadians.sine
        lead = (phase + 45).inRadians.sine
        let crossed = sine > lead ? before.sine <= before.lead : sine < lead && before.sine >= before.lead
        sinceCrossing = crossed ? 1 : min(sinceCrossing + 1, HilbertKernel.longest)
        let step = 360 / max(exact, 0.1)
        let turned = phase - before.phase
        return crossed || Double(sinceCrossing) < 0.5 * exact || (turned > 0.67 * step && turned < 1.5 * step)
    }

    /// Sine and cosine of each part of a cycle of 1 number, then of 2, ... `longest`.
    private static let waves = (1...HilbertKernel.longest).flatMap { period in
        (0..<period).map { index in
            let angle = Double(index) * 2 * .pi / Double(period)
            return (sine: angle.sine, cosine: angle.cosine)
        }
    }

    private mutating func turn(
        _ smooth: Ring, _ period: Int, _ exact: Double, _ memory: borrowing MutableSpan<Double>
    ) {
        var (across, along) = (0.0, 0.0)
        let (waves, first) = (Self.waves, period * (period - 1) / 2)
        for index in 0..<period {
            let value = smooth.value(smooth.period - 1 - index, memory)
            across += waves[first + index].sine * value
            along += waves[first + index].cosine * value
        }
        if along != 0 {
            phase = (across / along).arcTangent.inDegrees
        } else if across != 0 {
            phase += across < 0 ? -90 : 90
        }
        phase += 90 + 360 / max(exact, 0.1) + (along < 0 ? 180 : 0)
        if phase > 315 { phase -= 360 }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.number(&phase)
        try state.number(&sine)
        try state.number(&lead)
        try state.count(&sinceCrossing, in: 0...HilbertKernel.longest)
    }
}

/// A mean of the last four numbers, the newest weighted most.
struct TrendLine: Sendable {
    private var past: [3 of Double] = .init(repeating: 0)

    mutating func push(_ value: Double) -> Double {
        let line = (4 * value + 3 * past[0] + 2 * past[1] + past[2]) / 10
        past[2] = past[1]
        past[1] = past[0]
        past[0] = value
        return line
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        for index in past.indices { try state.number(&past[index]) }
    }
}

extension Ring {
    /// Returns the mean of the newest numbers; 0 of none. Numbers that have not come yet count as 0.
    func mean(ofLast count: Int, _ memory: borrowing MutableSpan<Double>) -> Double {
        guard count > 0 else { return 0 }
        var sum = 0.0
        for index in 0..<count { sum += value(period - 1 - index, memory) }
        return sum / Double(count)
    }
}
