//! What nodes answer, read strictly: what was asked for or an error that says what was.

use std::time::Duration;

use alloy_primitives::{Address, U256};
use kms_core::chain::{NodeApi, NodeError, NodeRequest};
use serde_json::{Value, json};

use crate::{
    AddressCase, EstimateRequest, EvmChain, GasPriceSource, GasStation, NonceSource, address,
    estimate, quantity, request::Request,
};

/// A chain's node, and the questions there are.
pub(crate) struct Questions<'a> {
    pub(crate) chain: &'a EvmChain,
    pub(crate) node: &'a dyn NodeApi,
}

impl Questions<'_> {
    /// The gas that the transaction would use.
    pub(crate) async fn gas(
        &self,
        kind: EstimateRequest,
        request: &Request,
        sender: &Address,
        fees: &[(&str, u128)],
    ) -> Result<u64, NodeError> {
        let method = self.chain.methods.estimate_gas;
        let call = estimate::parameter(kind, request, sender, fees);
        narrow(method, self.quantity(method, json!([call])).await?)
    }

    /// The account's next nonce.
    pub(crate) async fn nonce(&self, sender: &Address) -> Result<u64, NodeError> {
        match self.chain.nonce {
            NonceSource::Rest { path } => {
                let address = sender.to_checksum(None);
                let answer = self.rest(&format!("{path}{address}")).await?;
                answer.as_u64().ok_or_else(|| {
                    unexpected(&format!("the transaction count of {address}"), &answer)
                })
            }
            NonceSource::Node { block, address } => {
                let method = self.chain.methods.transaction_count;
                let address = match address {
                    AddressCase::Checksum => sender.to_checksum(None),
                    AddressCase::Lower => address::lower_case(sender),
                };
                narrow(
                    method,
                    self.quantity(method, json!([address, block])).await?,
                )
            }
        }
    }

    /// The price of gas in wei, or in 10^-18 of the request's fee currency.
    pub(crate) async fn gas_price(&self, request: &Request) -> Result<u128, NodeError> {
        if let Some(celo) = &self.chain.celo
            && let Ok(Some(currency)) = request.members.text("feeCurrency")
        {
            let price = self.node_gas_price(json!([currency])).await?;
            return Ok(celo.believable(&currency, price));
        }
        match self.chain.gas_price {
            GasPriceSource::Rest { path, member } => {
                let answer = self.rest(path).await?;
                let asked = format!("the gas price, member {member} of {path},");
                let price = answer
                    .get(member)
                    .and_then(Value::as_number)
                    // Large numbers may be written as 3.3e10: read as text, nothing is rounded.
                    .and_then(|number| quantity::json_number(&number.to_string()).ok())
                    .ok_or_else(|| unexpected(&asked, &answer))?;
                narrow(&asked, price)
            }
            GasPriceSource::Node => self.node_gas_price(json!([])).await,
            GasPriceSource::Station(station) => match self.station_gas_price(station).await {
                Ok(price) => Ok(price),
                Err(error) => {
                    tracing::warn!(%error, "the gas station is of no use, the node is asked");
                    self.node_gas_price(json!([])).await
                }
            },
            GasPriceSource::Constant(price) => Ok(price.into()),
        }
    }

    async fn node_gas_price(&self, params: Value) -> Result<u128, NodeError> {
        let method = self.chain.methods.gas_price;
        narrow(method, self.quantity(method, params).await?)
    }

    async fn station_gas_price(&self, station: GasStation) -> Result<u128, NodeError> {
        const GWEI: u64 = 1_000_000_000;
        const PATIENCE: Duration = Duration::from_secs(10);
        let GasStation {
            base_url,
            path,
            price_pointer,
            floor_gwei,
            ceiling_gwei,
        } = station;
        let request = NodeRequest::get(path)
            .outside(base_url)
            .once_within(PATIENCE);
        let answer = self.node.call(request).await?;
        let asked = format!("the gas price, {price_pointer} of {base_url}{path},");
        let floor = U256::from(floor_gwei);
        let gwei = match answer.pointer(price_pointer) {
            _ if !answer.is_object() => return Err(unexpected(&asked, &answer)),
            None | Some(Value::Null) => floor,
            Some(price) => price
                .as_number()
                .and_then(|price| quantity::json_number_rounded_up(&price.to_string()).ok())
                .ok_or_else(|| unexpected(&asked, &answer))?
                .max(floor),
        };
        if gwei > U256::from(ceiling_gwei) {
            return Err(NodeError::Unexpected(format!(
                "the gas price {gwei} gwei of {base_url}{path} is above the {ceiling_gwei} gwei that are believed"
            )));
        }
        narrow(&asked, gwei.saturating_mul(U256::from(GWEI)))
    }

    /// The EIP-155 chain id.
    pub(crate) async fn chain_id(&self) -> Result<u64, NodeError> {
        let method = self.chain.methods.chain_id;
        narrow(method, self.quantity(method, json!([])).await?)
    }

    /// The base fee of the latest block in wei (EIP-1559).
    pub(crate) async fn base_fee(&self) -> Result<u128, NodeError> {
        let asked = "baseFeePerGas of the latest block";
        let path = self.chain.node_path;
        let block = self
            .node
            .json_rpc(
                path,
                self.chain.methods.block_by_number,
                json!(["latest", false]),
            )
            .await?;
        let fee = block
            .get("baseFeePerGas")
            .and_then(hex_quantity)
            .ok_or_else(|| unexpected(asked, &block))?;
        narrow(asked, fee)
    }

    async fn quantity(&self, method: &'static str, params: Value) -> Result<U256, NodeError> {
        let path = self.chain.node_path;
        let answer = self.node.json_rpc(path, method, params).await?;
        hex_quantity(&answer).ok_or_else(|| unexpected(method, &answer))
    }

    async fn rest(&self, path: &str) -> Result<Value, NodeError> {
        let answer = self.node.call(NodeRequest::get(path)).await?;
        match cloud_error(&answer) {
            Some(status) => Err(NodeError::Status {
                status,
                body: answer,
            }),
            None => Ok(answer),
        }
    }
}

/// A number of the Ethereum JSON-RPC: `0x` and digits. Leading zeros are let through.
fn hex_quantity(answer: &Value) -> Option<U256> {
    let text = answer.as_str().filter(|text| text.starts_with("0x"))?;
    quantity::text_value(text).ok()
}

fn narrow<T: TryFrom<U256>>(asked: &str, value: U256) -> Result<T, NodeError> {
    T::try_from(value).map_err(|_| unexpected(asked, &value.to_string().into()))
}

/// The status of an error body of the cloud, which may come with HTTP status 200 as well.
fn cloud_error(answer: &Value) -> Option<u16> {
    let status = answer.get("statusCode");
    if status.is_none() && answer.get("errorCode").is_none() {
        return None;
    }
    let status = status.and_then(Value::as_u64).unwrap_or(400);
    Some(u16::try_from(status).unwrap_or(400))
}

fn unexpected(asked: &str, answer: &Value) -> NodeError {
    let mut shown: String = answer.to_string().chars().take(120).collect();
    if shown.len() < answer.to_string().len() {
        shown.push('…');
    }
    NodeError::Unexpected(format!("asked for {asked}, the node answered {shown}"))
}
