import CLibSVM
package import PluginKit
import SharedLibraries

/// The functions of libsvm that are used here, found at run time.
package struct LibSVM: Sendable {
    let train:
        @convention(c) (UnsafePointer<svm_problem>, UnsafePointer<svm_parameter>) -> UnsafeMutablePointer<svm_model>?
    let check: @convention(c) (UnsafePointer<svm_problem>, UnsafePointer<svm_parameter>) -> UnsafePointer<CChar>?
    let values:
        @convention(c) (UnsafePointer<svm_model>, UnsafePointer<svm_node>, UnsafeMutablePointer<Double>) -> Double
    let labels: @convention(c) (UnsafePointer<svm_model>, UnsafeMutablePointer<Int32>) -> Void
    let free: @convention(c) (UnsafeMutablePointer<UnsafeMutablePointer<svm_model>?>) -> Void

    /// Opens the library; throws `.environment` with the command that installs it.
    package init(path: String? = nil) throws(PluginError) {
        let folder = SharedLibrary.executableFolder.map { ["\($0)/libsvm.so"] } ?? []
        let symbols = try SharedLibrary(
            SharedLibrary.Wanted(
                owner: "model/svm", title: "libsvm",
                candidates: folder + ["libsvm.so.3", "libsvm.so", "libsvm.so.4", "libsvm.so.2"], version: "3.0",
                command: "sudo apt-get install libsvm-dev"), path: path)
        train = try symbols.find("svm_train")
        check = try symbols.find("svm_check_parameter")
        values = try symbols.find("svm_predict_values")
        labels = try symbols.find("svm_get_labels")
        free = try symbols.find("svm_free_and_destroy_model")
        let setPrinter: @convention(c) (@convention(c) (UnsafePointer<CChar>?) -> Void) -> Void =
            try symbols.find("svm_set_print_string_function")
        // By itself it prints its progress to standard output.
        setPrinter { _ in }
    }
}

/// How vectors are found.
package struct SVMOptions: Sendable {
    /// What is predicted.
    package enum Task: String, CaseIterable, Sendable {
        case regression, classification
    }
    /// What two rows are compared by.
    package enum Kernel: String, CaseIterable, Sendable {
        case rbf, linear
    }

    package var task = Task.regression
    package var kernel = Kernel.rbf
    package var c = 1.0
    package var epsilon = 0.1
    /// Of the RBF kernel; 0 for one by the number of features.
    package var gamma = 0.0
    package var maxRows = 5_000

    /// Creates the defaults of the options.
    package init() {}

    func gamma(width: Int) -> Double { gamma > 0 ? gamma : 1 / Double(width) }

    func parameters(width: Int) -> svm_parameter {
        svm_parameter(
            svm_type: task == .regression ? 3 : 0, kernel_type: kernel == .linear ? 0 : 2, degree: 0,
            gamma: gamma(width: width), coef0: 0, cache_size: 100, eps: 1e-3, C: c, nr_weight: 0, weight_label: nil,
            weight: nil, nu: 0, p: epsilon, shrinking: 1, probability: 0)
    }
}

/// A model of the library with the rows it points into; both are freed with it. For one thread at a time.
package final class TrainedSVM {
    private let library: LibSVM
    private let model: UnsafeMutablePointer<svm_model>
    private let rows: NodeRows

    /// Trains on standardised rows of `width` numbers, row-major; blocks until the library is done.
    package init(
        _ library: LibSVM, rows values: [Double], width: Int, labels: [Double], options: SVMOptions
    ) throws(PluginError) {
        self.library = library
        let rows = NodeRows(values, width: width)
        var parameters = options.parameters(width: width)
        var labels = labels
        var trained: UnsafeMutablePointer<svm_model>?
        var complaint: String?
        labels.withUnsafeMutableBufferPointer { labels in
            var problem = svm_problem(l: Int32(rows.count), y: labels.baseAddress, x: rows.starts.baseAddress)
            complaint = library.check(&problem, &parameters).map { String(cString: $0) }
            if complaint == nil { trained = library.train(&problem, &parameters) }
        }
        guard let trained else {
            throw PluginError(
                .environment,
                "model/svm: libsvm refused to train on \(rows.count) rows: "
                    + "\(PluginError.quoted(complaint ?? "no reason given")). Change the option it names.")
        }
        (model, self.rows) = (trained, rows)
    }

    deinit {
        var model: UnsafeMutablePointer<svm_model>? = model
        library.free(&model)
    }

    /// Support vectors, row-major, and the coefficient of each.
    func vectors(width: Int) -> (values: [Double], coefficients: [Double]) {
        let count = Int(model.pointee.l)
        guard count > 0, let rows = model.pointee.SV, let weights = model.pointee.sv_coef[0] else { return ([], []) }
        let values = (0..<count).flatMap { vector in
            (0..<width).map { feature in rows[vector].map { $0[feature].value } ?? 0 }
        }
        return (values, (0..<count).map { weights[$0] })
    }

    /// What is taken from the sum of the vectors.
    var rho: Double { model.pointee.rho[0] }

    /// 1 where a decision above 0 means the class 1, -1 where it means the class 0.
    var sign: Double {
        var labels: [Int32] = [0, 0]
        library.labels(model, &labels)
        return labels[0] == 1 ? 1 : -1
    }

    /// Returns what the library makes of standardised rows: predictions, or decisions above 0 for the class 1.
    package func values(_ values: [Double], width: Int, task: SVMOptions.Task) -> [Double] {
        let rows = NodeRows(values, width: width)
        let sign = task == .classification ? sign : 1
        return (0..<rows.count).compactMap { row in
            var value = 0.0
            return rows.starts[row].map { start in
                _ = library.values(model, start, &value)
                return sign * value
            }
        }
    }
}

/// Rows as libsvm reads them: pairs of index and value, ended by -1.
private final class NodeRows {
    let count: Int
    let starts: UnsafeMutableBufferPointer<UnsafeMutablePointer<svm_node>?>
    private let nodes: UnsafeMutableBufferPointer<svm_node>

    init(_ values: [Double], width: Int) {
        count = values.count / width
        nodes = .allocate(capacity: count * (width + 1))
        starts = .allocate(capacity: count)
        for row in 0..<count {
            let start = row * (width + 1)
            for feature in 0..<width {
                nodes.initializeElement(
                    at: start + feature,
                    to: svm_node(index: Int32(feature + 1), value: values[row * width + feature]))
            }
            nodes.initializeElement(at: start + width, to: svm_node(index: -1, value: 0))
            starts.initializeElement(at: row, to: nodes.baseAddress.map { $0 + start })
        }
    }

    deinit {
        starts.deallocate()
        nodes.deallocate()
    }
}
