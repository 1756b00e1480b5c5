"""Muon for the layers' matrices: momentum, made orthogonal by a few Newton-Schulz steps. It needs about half the
tokens that AdamW needs here, for a tenth more time a step."""

import torch


def orthogonal(stack, steps=5):
    """Pushes the singular values of every matrix of [n, rows, columns], rows <= columns, towards one."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = stack / (stack.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr, momentum=0.95, decay=0.05):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = {}
            for parameter in group["params"]:
                by_shape.setdefault(tuple(sorted(parameter.shape)), []).append(parameter)
            for parameters in by_shape.values():
                self._step_alike(parameters, group)

    def _step_alike(self, parameters, group):
        updates = []
        for parameter in parameters:
            buffer = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
            buffer.mul_(group["momentum"]).add_(parameter.grad)
            update = parameter.grad + group["momentum"] * buffer
            updates.append(update if update.shape[0] <= update.shape[1] else update.T)
        for parameter, update in zip(parameters, orthogonal(torch.stack(updates))):
            rows, columns = parameter.shape
            update = update if rows <= columns else update.T
            parameter.mul_(1 - group["lr"] * group["decay"])
            parameter.add_(update, alpha=-group["lr"] * max(1, rows / columns) ** 0.5)
