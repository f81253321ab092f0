#ifndef PENSTOCK_CLIBSVM_LAYOUT_H
#define PENSTOCK_CLIBSVM_LAYOUT_H

// How libsvm lays out what its functions take and give, versions 3.0 to 3.3x. The library itself is opened at run time, so nothing
// needs its header; of a model only the fields up to `rho` are read, which stand at the same place in all of them.

struct svm_node {
    int index;
    double value;
};

struct svm_problem {
    int l;
    double *y;
    struct svm_node **x;
};

struct svm_parameter {
    int svm_type;
    int kernel_type;
    int degree;
    double gamma;
    double coef0;
    double cache_size;
    double eps;
    double C;
    int nr_weight;
    int *weight_label;
    double *weight;
    double nu;
    double p;
    int shrinking;
    int probability;
};

struct svm_model {
    struct svm_parameter param;
    int nr_class;
    int l;
    struct svm_node **SV;
    double **sv_coef;
    double *rho;
};

#endif
