// QuireKernel
