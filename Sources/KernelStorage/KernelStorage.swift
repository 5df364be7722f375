// KernelStorage
