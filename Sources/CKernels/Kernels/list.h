// The kernels: KERNEL_ROW(name, arguments, threads of a block, bytes of shared memory, registers of
// a thread at most, function).
#define PRODUCT_ROW(END, end, kind, KIND) \
  KERNEL_ROW(product_##end##_##kind, product_arguments, 256, 98304, 128, product<KIND, END>)

#define KERNEL_ROWS_OF(kind, KIND, attend_threads, attend_shared)                               \
  KERNEL_ROW(patches_##kind, patches_arguments, 128, 0, 64, patches<KIND>)                      \
  PRODUCT_ROW(BIAS, bias, kind, KIND)                                                           \
  PRODUCT_ROW(GELU, gelu, kind, KIND)                                                           \
  PRODUCT_ROW(TANH, tanh, kind, KIND)                                                           \
  PRODUCT_ROW(QUICK, quick, kind, KIND)                                                         \
  PRODUCT_ROW(SWIGLU, swiglu, kind, KIND)                                                       \
  PRODUCT_ROW(RESIDUAL, residual, kind, KIND)                                                   \
  PRODUCT_ROW(EMBED, embed, kind, KIND)                                                         \
  PRODUCT_ROW(ROTARY, rotary, kind, KIND)                                                       \
  KERNEL_ROW(norm_##kind, norm_arguments, 256, 0, 64, norm<KIND>)                               \
  KERNEL_ROW(attend_##kind, attend_arguments, attend_threads, attend_shared, 255, attend<KIND>) \
  KERNEL_ROW(class_scores_##kind, class_scores_arguments, 128, 512, 128, class_scores<KIND>)     \
  KERNEL_ROW(finish_facet_##kind, finish_arguments, 256, 0, 64, finish_facet<KIND>)

#define KERNEL_LIST                                                                  \
  KERNEL_ROWS_OF(float16, FLOAT16, 128, 49152)                                       \
  KERNEL_ROWS_OF(split16, SPLIT16, 256, 98304)                                       \
  KERNEL_ROW(class_softmax, class_softmax_arguments, 256, 32, 64, softmax_of_class)  \
  KERNEL_ROW(finish_norm, finish_arguments, 256, 0, 64, finish_rows)                 \
  KERNEL_ROW(mean, mean_arguments, 256, 2048, 64, mean_of_patches)
