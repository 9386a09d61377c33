# The page of `infogan explore`, on a processor. As any user, with the runs mounted:
#
#   docker build -t infogan .
#   docker run --rm -p 8080:8080 -v "$PWD/runs:/runs" infogan /runs/photos
#
# It prints an address with a token: open http://localhost:8080/?token=… with that one. Other
# commands: --entrypoint infogan.
FROM python:3.12-slim AS build
WORKDIR /src
RUN pip install --no-cache-dir build hatchling
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m build --wheel --no-isolation

FROM python:3.12-slim
COPY constraints.txt /tmp/
COPY --from=build /src/dist/*.whl /tmp/
# PyTorch's own index has the build without CUDA.
RUN wheel=$(ls /tmp/*.whl) \
    && pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu \
        -c /tmp/constraints.txt "$wheel[explore]" \
    && rm /tmp/*
RUN useradd --create-home infogan
USER infogan
WORKDIR /home/infogan
EXPOSE 8080
ENTRYPOINT ["infogan", "explore", "--host", "0.0.0.0", "--port", "8080"]
