/// Writes small model files by hand, in XGBoost's format.
struct ForestText {
    var baseScore = "5E-1"
    var objective = "reg:squarederror"
    var booster = "gbtree"
    var features = "2"
    var classes = "0"
    var leafSize = "0"
    var left = "[1,-1,-1]"
    var right = "[2,-1,-1]"
    var indices = "[1,0,0]"
    var conditions = "[1.5E0,-2.5E-1,7.5E-1]"
    var defaults = "[1,0,0]"
    var categories = "[]"
    var groups = "[0]"
    var treeCount = "1"

    var bytes: [UInt8] { Array(text.utf8) }

    var text: String {
        """
        {"learner":{"attributes":{},"feature_names":[],"gradient_booster":{"model":{"gbtree_model_param":\
        {"num_parallel_tree":"1","num_trees":"\(treeCount)"},"tree_info":\(groups),"trees":[{"base_weights":[0E0],\
        "categories":\(categories),"default_left":\(defaults),"id":0,"left_children":\(left),\
        "right_children":\(right),"split_conditions":\(conditions),"split_indices":\(indices),\
        "tree_param":{"num_nodes":"3","size_leaf_vector":"\(leafSize)"}}]},"name":"\(booster)"},\
        "learner_model_param":{"base_score":"\(baseScore)","num_class":"\(classes)","num_feature":"\(features)"},\
        "objective":{"name":"\(objective)","reg_loss_param":{"scale_pos_weight":"1"}}},"version":[1,7,4]}
        """
    }
}
